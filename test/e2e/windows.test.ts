import { UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { describeGroup } from '../../connectors/kafka/committed.ts';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { type TestServices, testServices } from '../services.ts';
import { type ExportSpec, writeChain } from '../unit/source/export-fixture.ts';
import { inIon } from '../unit/source/ion-fixture.ts';
import { expectEqualTables } from './harness/compare.ts';
import { expectExit, Messina, messina, messinaJson } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { pictureOf, windowOf } from './harness/pictures.ts';
import { expectSums } from './harness/sums.ts';
import { chainOptions, exportsOfWeeks, ofTable } from './harness/weeks-of-exports.ts';
import { kafkaClient, until } from './kafka-testing.ts';

const ITEMS = 800;

test('a table older than its stream by weeks: a full export, three windows and the stream, under load', async () => {
  await using services = await testServices();
  const { credentials, source, target } = services;
  const address = { endpoint: source.endpoint, credentials, table: 'Music' };
  await createMusicTable(address);
  await loadItems({ ...address, items: ITEMS, seed: 51 });
  const earlier = await exportsOfWeeks(services);

  // The stream begins now; what came before it is in the exports alone.
  const view = { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } as const;
  await source.client.send(new UpdateTableCommand({ TableName: 'Music', StreamSpecification: view }));
  await using workload = startWorkload({ ...address, items: ITEMS, seed: 52, rate: 80 });
  await until('the slack is over', () => workload.counts().operations > 250);
  const toMs = Math.floor(Date.now() / 1000) * 1000;
  const last = windowOf(
    earlier.picture,
    await pictureOf(source.client),
    earlier.toMs,
    toMs,
    'NEW_AND_OLD_IMAGES',
  );
  const specs = [...earlier.specs, last];
  // The full one and a window as Amazon Ion, the others as DynamoDB JSON.
  const written = (await ofTable(services, specs)).map((spec, i) => (i % 2 === 0 ? inIon(spec) : spec));
  await using chain = await writeChain(written);
  await using file = await migrationFile(services, chainOptions(chain.summaryUrls));

  const { tables, problems } = await messinaJson<Planned>('plan', file.path);
  expect(problems).toEqual([]);
  expect(tables[0]!.exports.map(({ rows }) => rows)).toEqual(specs.map(rowsOf));
  expect(tables[0]!.coverage).toMatchObject({ proven: true, exportTime: new Date(toMs).toISOString() });

  // Killed while the windows are published: the chain that was begun is gone on with, and no other one.
  await using begun = new Messina(['migrate', file.path]);
  await until('a window begins', () => /window begins/.test(begun.stderr));
  begun.kill();
  await begun.ended;
  await file.write(chainOptions(chain.summaryUrls.slice(0, -1)));
  const refused = await expectExit(messina('migrate', file.path, '--until', 'loaded'), 4);
  expect(refused.stderr).toContain('EXPORT_CHANGED');
  await file.write(chainOptions(chain.summaryUrls));
  await expectEmptyGroup(services);
  // The key that no window tells of is mended against the source, while the application writes.
  const ready = await expectExit(
    messina('migrate', file.path, '--until', 'ready', '--log-format', 'json'),
    0,
  );
  expect(ready.stderr).toMatch(/"repaired":[1-9]\d*,"refused":0,"msg":"mended"/);
  await workload.stop();
  await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
  await expectEqualTables(
    { client: source.client, table: 'Music' },
    { client: target.client, table: 'Music' },
  );
  const status = await expectSums(file.path);
  const rows = specs.map(rowsOf).reduce((a, b) => a + b, 0);
  expect(status.tables[0]).toMatchObject({
    coverage: { proven: true, exportTime: new Date(toMs).toISOString() },
    snapshot: { files: 12, filesPublished: 12, published: rows },
  });
  await expectChainInTopic(file.path, specs);
});

interface Planned {
  readonly tables: readonly {
    readonly exports: readonly { readonly rows: number | null }[];
    readonly coverage: object;
  }[];
  readonly problems: readonly unknown[];
}

const linesOf = ({ files }: ExportSpec) =>
  files.flatMap(({ lines }) => (Buffer.isBuffer(lines) ? [] : lines));
const rowsOf = (spec: ExportSpec) => linesOf(spec).length;

async function expectEmptyGroup({ kafka, name }: TestServices): Promise<void> {
  const client = kafkaClient(kafka.bootstrap);
  // Who was killed counts as running until its session ends.
  await until('the group is empty', async () => (await describeGroup(client, name)).members.length === 0);
  await client.close();
}

interface TopicLine {
  readonly partition: number;
  readonly op?: string;
  readonly ts_us: number;
  readonly marker?: 'begin' | 'complete';
  readonly rank?: number;
}

/** Rules C2 and C7: in every partition all rows of one export, between its markers, before those of the next. */
async function expectChainInTopic(path: string, specs: readonly ExportSpec[]): Promise<void> {
  const { stdout } = await expectExit(
    messina('topic', path, '--table', 'Music', '--kind', 'snapshot', '--json'),
    0,
  );
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TopicLine);
  for (let partition = 0; partition < 4; partition++) {
    const mine = lines.filter((line) => line.partition === partition);
    const markers = mine.filter(({ marker }) => marker !== undefined);
    expect(markers.map(({ marker, rank }) => [marker, rank])).toEqual(
      specs.flatMap((_, rank) => [
        ['begin', rank],
        ['complete', rank],
      ]),
    );
    // Of rows and markers alike.
    expect(mine.map(({ ts_us }) => ts_us)).toEqual(mine.map(({ ts_us }) => ts_us).sort((a, b) => a - b));
  }
  const versions = [...new Set(lines.map(({ ts_us }) => ts_us))].sort((a, b) => a - b);
  expect(versions.map((version) => version - versions[0]!)).toEqual([0, 1, 2, 3]);
  specs.forEach((spec, rank) => {
    const rows = lines.filter(({ op, ts_us }) => op !== undefined && ts_us === versions[rank]);
    const deletes = spec.window ? linesOf(spec).filter((line) => !line.includes('"NewImage"')).length : 0;
    expect([rows.length, rows.filter(({ op }) => op === 'd').length]).toEqual([rowsOf(spec), deletes]);
    if (spec.window) expect(deletes).toBeGreaterThan(0);
  });
}
