import { afterEach, expect, test, vi } from 'vitest';
import { createLogger } from '../../connectors/log.ts';
import { loadMigration } from '../../migration/config/load.ts';
import { migrate } from '../../migration/run.ts';
import { Item } from '../../schemas/item.ts';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { testServices } from '../services.ts';
import { expectEqualTables } from './harness/compare.ts';
import { migrationFile } from './harness/migration-file.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const predicates = {
  isNobody: { type: 'FieldMatches', field: 'Artist', pattern: 'nobody' },
  isElsewhere: { type: 'HasField', field: 'Awards.Where' },
};

const transforms = [
  { type: 'ReplaceField$Value', exclude: 'Nothing,Awards.Nothing', renames: 'Nowhere:Somewhere' },
  { type: 'MaskField$Value', fields: 'Nothing' },
  { type: 'Cast$Value', spec: 'Nothing:string' },
  { type: 'Flatten$Value', predicate: 'isElsewhere' },
  { type: 'Filter', predicate: 'isNobody' },
];

test('an item that nobody transforms stays bytes from the source to the target', async () => {
  await using services = await testServices();
  const address = { endpoint: services.source.endpoint, credentials: services.credentials, table: 'Music' };
  await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES' });
  await loadItems({ ...address, items: 300, seed: 11 });
  await using file = await migrationFile(services, { tables: ['Music'] });
  vi.spyOn(Item.prototype, 'attributes', 'get').mockImplementation(() => {
    throw new Error('somebody looked into an item');
  });
  await using workload = startWorkload({ ...address, items: 300, seed: 12, rate: 200, operations: 400 });
  await workload.finished;
  const run = async (sinksOnly: boolean) =>
    migrate(await loadMigration(file.path, {}), {
      until: 'ready',
      sinksOnly,
      newSnapshots: [],
      signal: new AbortController().signal,
      log: createLogger({ level: 'silent', format: 'json', destination: { write() {} } }),
      onStatus() {},
    });
  const status = await run(false);
  expect(status).toMatchObject({ ready: true, tables: [{ lastError: null, snapshot: { deadLettered: 0 } }] });
  await expectEqualTables(
    { client: services.source.client, table: 'Music' },
    { client: services.target.client, table: 'Music' },
  );
  // Transforms that are for other items than these look at bytes only.
  await file.write({
    tables: ['Music'],
    target: { name: 'unconcerned', tables: { Music: 'Unconcerned' } },
    rest: { transforms, predicates },
  });
  expect(await run(true)).toMatchObject({ ready: true, tables: [{ lastError: null }] });
  await expectEqualTables(
    { client: services.source.client, table: 'Music' },
    { client: services.target.client, table: 'Unconcerned' },
  );
});
