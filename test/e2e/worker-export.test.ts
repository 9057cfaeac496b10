import { expect, test } from 'vitest';
import { eventually } from '../rest/rest-client.ts';
import { testServices } from '../services.ts';
import {
  type Connector,
  post,
  printedConnectors,
  request,
  statusAt,
  untilRunning,
} from './harness/connectors.ts';
import { type HeldExport, holdExport } from './harness/held-export.ts';
import { expectExit, messina, messinaJson } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { expectMigrated, musicUnderLoad } from './harness/music-load.ts';
import { witness } from './harness/scene.ts';
import { expectAgain, resetSource } from './harness/source-reset.ts';
import { statusOf } from './harness/sums.ts';
import { Worker } from './harness/worker.ts';
import { until } from './kafka-testing.ts';

const ITEMS = 400;

test('an export is loaded by workers: another one, named on the way, is refused as migrate refuses it; reset, it is published anew', async () => {
  await using services = await testServices();
  const { name } = services;
  await using load = await musicUnderLoad(services, { items: ITEMS, seed: 161, rate: 40 });
  const streamMs = Date.now();
  await using file = await migrationFile(services, { tables: ['Music'] });
  const directory = `${file.directory}/exports`;
  await using held = await holdExport(directory);
  // Rule C1: an export is taken a slack after the stream began, and its time has whole seconds.
  await until('the stream is older than the slack', async () => Date.now() >= streamMs + 2000);
  const [first, second] = [await made(file.path, directory, held), await made(file.path, directory, held)];
  const s3 = { bucket: 'exports', endpoint: held.endpoint, region: services.region, forcePathStyle: true };
  const named = (Music: string) => ({
    tables: ['Music'],
    snapshot: { from: 'manifest', manifests: { Music }, s3 },
  });
  await file.write(named(first));
  held.hold(0.5);

  await using source = await Worker.start('source', services);
  await using sink = await Worker.start('sink', services);
  const connectors = await printedConnectors(file.path);
  const [snapshot] = connectors as [Connector, ...Connector[]];
  await post(sink, connectors);
  // Nothing is in Kafka before the connectors have begun.
  const phase = async () => (await statusOf(file.path).catch(() => null))?.phase;
  await until('the export is being loaded', async () => (await phase()) === 'loading');

  const put = (config: object) => request(sink, ['PUT', `/connectors/${snapshot.name}/config`], 200, config);
  await put({ ...snapshot.config, 'manifests.Music': second });
  await eventually(async () => {
    const { connector } = await statusAt(source, snapshot.name);
    expect(connector.state).toBe('FAILED');
    expect(connector.trace).toContain('EXPORT_CHANGED');
    expect(connector.trace).toContain(`is loaded from ${first}; the configuration names ${second}`);
    expect(connector.trace).toContain('Name the export that was begun');
  });
  await file.write(named(second));
  const refused = await expectExit(messina('migrate', file.path, '--until', 'loaded'), 4);
  expect(refused.stderr).toContain(`is loaded from ${first}; the configuration names ${second}`);
  expect((await statusOf(file.path)).phase).toBe('loading');

  await file.write(named(first));
  await put(snapshot.config);
  await untilRunning(source, snapshot.name, 2);
  held.release();
  await using seen = await witness(file.path, 'Music');
  await expectMigrated(services, load, seen, file);
  // It stands in the topics and is not read again: what is named now would never come.
  await put({ ...snapshot.config, 'manifests.Music': second });
  await eventually(async () => {
    expect((await statusAt(source, snapshot.name)).connector.trace).toContain('EXPORT_CHANGED');
  });
  await put(snapshot.config);
  await untilRunning(source, snapshot.name, 2);

  const before = await statusOf(file.path);
  await resetSource(sink, `${name}-snapshot`);
  await expectAgain(services, file.path, before, { rows: before.tables[0]?.snapshot.published ?? 0 });
  for (const worker of [source, sink]) await worker.stop();
});

/** @returns URL of the manifest of an export that was made now. */
async function made(file: string, directory: string, held: HeldExport): Promise<string> {
  const to = ['--to', `file://${directory}`];
  const { manifest } = await messinaJson<{ manifest: string }>('export', file, '--table', 'Music', ...to);
  return held.urlOf(manifest.slice(`file://${directory}/`.length));
}
