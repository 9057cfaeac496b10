import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { type TestServices, testServices } from '../services.ts';
import { expectEqualTables } from './harness/compare.ts';
import { request, untilRunning } from './harness/connectors.ts';
import { expectSameSongs, songsFile, songsMapping } from './harness/mapped-songs.ts';
import { expectExit, Messina, messina, messinaJson } from './harness/messina.ts';
import { type MigrationFile, migrationFile } from './harness/migration-file.ts';
import { expectTools, inPage, shell } from './harness/shell.ts';
import { expectSums, statusOf } from './harness/sums.ts';
import { Worker } from './harness/worker.ts';
import { until } from './kafka-testing.ts';

const ITEMS = 300;
const songs = { table: 'songs' };
const options = { tables: ['Mus*'], rest: { ready: { lagSeconds: 3 } } };

test('the printed connectors, posted with curl as the page says, move a table under load to both targets, and a table that matches later', async () => {
  await expectTools('curl', 'jq');
  await using services = await testServices();
  const { name } = services;
  await using file = await migrationFile(services, options);
  await using cql = await songsFile(services, songsMapping(songs), options);
  const of = ['load', file.path, '--table', 'Music', '--create-table', '--items', String(ITEMS)];
  await using load = new Messina([...of, '--rate', '50', '--json']);
  await using source = await Worker.start('source', services);
  await using sink = await Worker.start('sink', services);
  await until('the table is filled', () => isFilled(services, load));

  expect(await postAll(file, source)).not.toContain('error_code');
  // The sources stand already: both targets share the capture.
  const second = await postAll(cql, sink);
  for (const one of ['snapshot', 'changes'])
    expect(second).toContain(`Connector ${name}-${one} already exists`);
  const names = ['alternator', 'changes', 'cql', 'snapshot'].map((one) => `${name}-${one}`);
  expect(await request(source, ['GET', '/connectors'], 200)).toEqual(names);
  for (const one of names) await untilRunning(sink, one, 2);
  const paths = [file.path, cql.path];
  await Promise.all(
    paths.map((path) => expectExit(messina('status', path, '--wait', 'ready', '--timeout', '240'), 0)),
  );

  // Globs of a source are resolved when it is started.
  const museum = { endpoint: services.source.endpoint, credentials: services.credentials, table: 'Museum' };
  await createMusicTable(museum, { stream: 'NEW_AND_OLD_IMAGES' });
  await loadItems({ ...museum, items: 100, seed: 182 });
  for (const one of ['snapshot', 'changes'])
    await shell(`curl -s -f -X POST ${source.url}/connectors/${name}-${one}/restart`, file.directory);
  for (const path of paths) {
    await until('the table that came later is ready', async () => {
      const { ready, tables } = await statusOf(path);
      return ready && tables.length === 2;
    });
  }

  const { c, u, d } = await endOf(load);
  await Promise.all(paths.map((path) => expectMoved(path, { c, u, d })));
  const { client } = services.source;
  for (const table of ['Music', 'Museum'])
    await expectEqualTables({ client, table }, { client: services.target.client, table });
  await expectSameSongs(services, songs);
  for (const worker of [source, sink]) await worker.stop();
});

/** All that the load did is written, and is what the source holds. */
async function expectMoved(path: string, load: Operations): Promise<void> {
  await until('all changes are written', () => isDone(path, load.c + load.u + load.d));
  const report = await messinaJson('verify', path);
  const tables = [{ table: 'Museum', equal: 100 }, { table: 'Music' }];
  expect(report).toMatchObject({ equal: true, tables });
  const status = await expectSums(path);
  expect(status.tables.find(({ table }) => table === 'Music')?.changes.byOperation).toEqual(load);
}

/** Prints the connectors of a file, and posts them with the loop of the page. @returns all answers. */
async function postAll(file: MigrationFile, worker: Worker): Promise<string> {
  const { stdout } = await expectExit(messina('plan', file.path, '--connectors'), 0);
  await writeFile(join(file.directory, 'connectors.json'), stdout);
  const loop = inPage('workers.md', /^\$ (jq .*\|\n.*-X POST .*; done)$/m);
  expect(loop).toContain('localhost:8083');
  return shell(loop.replace('localhost:8083', worker.id), file.directory);
}

/** The rows are there, and the stream, which `load` enables then. */
async function isFilled({ source }: TestServices, load: Messina): Promise<boolean> {
  if (!load.running) throw new Error(`the load has ended:\n${load.stderr}`);
  const described = source.client.send(new DescribeTableCommand({ TableName: 'Music' }));
  const { Table } = await described.catch(() => ({ Table: undefined }));
  return Table?.StreamSpecification?.StreamEnabled === true;
}

interface Operations {
  readonly c: number;
  readonly u: number;
  readonly d: number;
}

/** Ends a load as Ctrl-C does. @returns what the stream shows of it. */
async function endOf(load: Messina): Promise<Operations> {
  load.kill('SIGINT');
  const { stdout } = await expectExit(load.ended, 0);
  return (JSON.parse(stdout) as { readonly byOperation: Operations }).byOperation;
}

async function isDone(file: string, changes: number): Promise<boolean> {
  const { tables } = await statusOf(file);
  const music = tables.find(({ table }) => table === 'Music');
  return music?.changes.published === changes && music.changes.lagRecords === 0;
}
