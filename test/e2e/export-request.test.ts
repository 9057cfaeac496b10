import { describe, expect, test, vi } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { eventually } from '../rest/rest-client.ts';
import { testServices } from '../services.ts';
import { errorBlock, expectRefusal, sourceTable } from './harness/bad-case.ts';
import { badRequests, requesting } from './harness/bad-requests.ts';
import { expectEqualTables } from './harness/compare.ts';
import { startExportService } from './harness/export-service.ts';
import { expectExit, Messina, messina, messinaJson } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { recordsOf } from './harness/stock-kafka.ts';
import { expectSums, statusOf } from './harness/sums.ts';
import { until } from './kafka-testing.ts';

vi.setConfig({ maxConcurrency: 2 });

test('an export is asked for once, though migrate is killed before its answer and while it is made', async () => {
  await using services = await testServices();
  const address = sourceTable(services);
  await createMusicTable(address);
  await loadItems({ ...address, items: 300, seed: 71 });
  await using service = await startExportService(services);
  await using file = await migrationFile(services, requesting({ services }, service));
  expect(await messinaJson('plan', file.path)).toMatchObject({
    tables: [{ request: { to: `s3://${services.s3.bucket}/p`, asked: null, pitr: { enabled: true } } }],
    problems: [],
  });
  expect(service.requests).toEqual([]);
  await using workload = startWorkload({ ...address, items: 300, seed: 72, rate: 40 });

  let answer = () => {};
  const killed = new Promise<void>((resolve) => {
    answer = resolve;
  });
  service.beforeAnswer = () => killed;
  await using first = new Messina(['migrate', file.path]);
  await until('the export is made', async () => service.exportsMade === 1);
  first.kill();
  await first.ended;
  answer();
  service.beforeAnswer = async () => {};
  // Captured before it was asked for (rule C1).
  expect(service.calls.indexOf('GetRecords')).toBeGreaterThan(service.calls.indexOf('UpdateTable'));
  expect(service.calls.indexOf('ExportTableToPointInTime')).toBeGreaterThan(
    service.calls.indexOf('GetRecords'),
  );

  await using second = new Messina(['migrate', file.path]);
  await until('the export is waited for', async () => service.calls.includes('DescribeExport'));
  await eventually(async () => {
    expect((await statusOf(file.path)).tables[0]).toMatchObject({
      phase: 'exporting',
      snapshot: { files: 0 },
      export: { arn: expect.stringContaining(':table/Music/export/') },
    });
  });
  second.kill();
  await second.ended;

  service.release();
  await expectExit(messina('migrate', file.path, '--until', 'loaded'), 0);
  await workload.stop();
  await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
  expect(service.exportsMade).toBe(1);
  expect(service.requests).toHaveLength(2);
  expect(service.requests[1]).toEqual(service.requests[0]);
  await expectEqualTables(
    { client: services.source.client, table: 'Music' },
    { client: services.target.client, table: 'Music' },
  );
  await expectSums(file.path);
});

test('after an export that failed the next start asks for another; what was turned on is noted', async () => {
  await using services = await testServices();
  const address = sourceTable(services);
  await createMusicTable(address);
  await loadItems({ ...address, items: 50, seed: 73 });
  await using service = await startExportService(services);
  service.pitr = false;
  service.failWith = { code: 'S3AccessDenied', message: 'Access Denied by policy of the bucket' };
  service.release();
  const source = { changes: 'none' };
  const options = requesting({ services }, service, { source, snapshot: { enablePitr: true } });
  await using file = await migrationFile(services, options);
  const { stderr } = await expectExit(messina('migrate', file.path, '--until', 'loaded'), 1);
  expect(errorBlock(stderr)).toMatch(/S3AccessDenied: Access Denied by policy.*\(EXPORT_FAILED\)/);
  expect((await statusOf(file.path)).tables[0]).toMatchObject({ phase: 'failed' });
  service.failWith = null;
  await expectExit(messina('migrate', file.path, '--until', 'loaded'), 0);
  expect(service.pitr).toBe(true);
  expect(service.exportsMade).toBe(2);
  const notes = (await recordsOf(services.kafka.bootstrap, `${services.name}.catalog`)).filter(({ key }) =>
    String(key).startsWith('request/Music'),
  );
  expect(JSON.parse(String(notes.at(-1)?.value))).toMatchObject({ facts: { pitrEnabled: true } });
  await expectEqualTables(
    { client: services.source.client, table: 'Music' },
    { client: services.target.client, table: 'Music' },
  );
});

describe('an export that is to be asked for is refused for', () => {
  test.concurrent.each(badRequests)('$name', expectRefusal);
});
