import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { testServices } from '../services.ts';
import { expectEqualTables, type SdkItem } from './harness/compare.ts';
import { expectExit, messina, messinaHere, messinaJson } from './harness/messina.ts';
import { type FileOptions, migrationFile } from './harness/migration-file.ts';
import { expectSums } from './harness/sums.ts';

const ITEMS = 400;

const predicates = { hasWon: { type: 'FieldMatches', field: 'Awards.Won', pattern: 'true' } };
const filter = { type: 'Filter', predicate: 'hasWon' };

const transforms = [
  filter,
  { type: 'ReplaceField$Value', exclude: 'Lyrics, Extra1', renames: 'Price:Cost,Awards.Year:Jahr' },
  { type: 'org.apache.kafka.connect.transforms.MaskField$Value', fields: 'Tags' },
  { type: 'Cast$Value', spec: 'Year:string,Revision:string' },
  { type: 'Flatten$Value', delimiter: '/' },
  { type: 'InsertField$Value', 'static.field': 'Origin', 'static.value': 'dynamodb' },
];

const file = (chosen: readonly object[], target: object = {}): FileOptions => ({
  tables: ['Music'],
  target,
  rest: { transforms: chosen, predicates, ready: { lagSeconds: 3 } },
});

/** What the transforms above should make of an item, worked out by hand. */
function expected(item: SdkItem): SdkItem | null {
  const { Lyrics: _, Extra1: __, Price, Awards, Tags, Year, Revision, ...rest } = item;
  if (Awards?.M?.['Won']?.BOOL === true) return null;
  const flat: SdkItem = { ...rest, Origin: { S: 'dynamodb' } };
  if (Price) flat['Cost'] = Price;
  if (Tags) flat['Tags'] = { SS: [''] };
  if (Year) flat['Year'] = { S: Year.N! };
  if (Revision) flat['Revision'] = { S: Revision.N! };
  if (Awards?.M) {
    const { Year: year, ...others } = Awards.M;
    flat['Awards'] = { M: { ...others, ...(year ? { Jahr: year } : {}) } };
  }
  return Object.fromEntries(Object.entries(flat).flatMap(([name, value]) => flattened(name, value)));
}

function flattened(name: string, value: AttributeValue): [string, AttributeValue][] {
  const members = Object.entries(value.M ?? {});
  if (members.length === 0) return [[name, value]];
  return members.flatMap(([member, inner]) => flattened(`${name}/${member}`, inner));
}

test('items are transformed and filtered on their way, and verified as they should be', async () => {
  await using services = await testServices();
  const address = { endpoint: services.source.endpoint, credentials: services.credentials, table: 'Music' };
  await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES' });
  await loadItems({ ...address, items: ITEMS, seed: 51 });
  await using config = await migrationFile(services, file(transforms));
  const sides = [
    { client: services.source.client, table: 'Music' },
    { client: services.target.client, table: 'Music' },
  ] as const;
  const migrate = (code: number, ...flags: readonly string[]) =>
    expectExit(messina('migrate', config.path, '--until', 'ready', ...flags), code);

  // The key stays: nothing is made for transforms that would touch it.
  await config.write(file([filter, { type: 'MaskField$Value', fields: 'SongTitle' }]));
  const refused = await migrate(4);
  expect(refused.stderr).toContain(
    'fields masks "SongTitle", a key attribute of table Music (TRANSFORM_KEY)',
  );
  await config.write(file(transforms));

  const plan = await messinaJson<{ tables: { transforms: Record<string, number> }[] }>('plan', config.path);
  const tried = plan.tables[0]!.transforms;
  expect(tried).toMatchObject({ sampled: 100, failed: 0, reasons: [] });
  expect(tried['filtered']).toBeGreaterThan(20);
  expect(tried['changed']).toBe(100 - tried['filtered']!);

  // Awards.Won comes and goes with every second put: items move in and out of the filter.
  await using workload = startWorkload({ ...address, items: ITEMS, seed: 52, rate: 100, operations: 700 });
  await expectExit(messina('migrate', config.path, '--until', 'loaded'), 0);
  await workload.finished;
  await migrate(0);
  const rows = await expectEqualTables(...sides, expected);
  const status = await expectSums(config.path);
  expect(status.tables[0]?.snapshot.filtered).toBeGreaterThan(20);
  expect(status.tables[0]?.changes.filtered).toBeGreaterThan(0);
  for (const against of ['source', 'topics']) {
    const report = await messinaJson<object>('verify', config.path, '--against', against);
    expect(report).toMatchObject({
      equal: true,
      tables: [{ equal: rows, missing: 0, different: 0, extra: 0 }],
    });
  }

  // Spelt otherwise it is the same; another list is not, whatever a plain replay says, and the target stays as it is.
  const [, replace, ...rest] = transforms;
  await config.write(
    file([
      filter,
      { renames: 'Awards.Year:Jahr , Price:Cost', exclude: 'Extra1,Lyrics', type: replace!.type },
      ...rest,
    ]),
  );
  await migrate(0, '--sinks-only');
  await expectExit(messinaHere('replay', config.path), 0);
  await config.write(file([filter]));
  await expectExit(messinaHere('replay', config.path), 4);
  expect((await migrate(4)).stderr).toContain('(SINK_FINGERPRINT)');
  await expectEqualTables(...sides, expected);

  // Another target has transforms of its own: none.
  await config.write(file([], { name: 'plain', tables: { Music: 'Plain' } }));
  await migrate(0, '--sinks-only');
  await expectEqualTables(sides[0], { ...sides[1], table: 'Plain' });

  await config.write(file([filter]));
  await expectExit(messinaHere('replay', config.path, '--recreate', '--yes'), 0);
  await migrate(0, '--sinks-only');
  await expectEqualTables(...sides, (item) => (expected(item) === null ? null : item));
  await expectSums(config.path);
});
