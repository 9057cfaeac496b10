import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../rest/rest-client.ts';
import { type TestServices, testServices } from '../services.ts';
import { canonical, compareTables, expectEqualTables, type SdkItem } from './harness/compare.ts';
import { type Connector, post, printedConnectors, request, untilRunning } from './harness/connectors.ts';
import { itemsOf } from './harness/cql-rows.ts';
import { migrationFile } from './harness/migration-file.ts';
import { musicUnderLoad } from './harness/music-load.ts';
import {
  itemTextsOf,
  linesOf,
  type PluginFolders,
  pluginFolders,
  writeItems,
} from './harness/plugin-folders.ts';
import { expectTools, inPage, shell } from './harness/shell.ts';
import { recordsOf } from './harness/stock-kafka.ts';
import { Worker } from './harness/worker.ts';
import { until } from './kafka-testing.ts';

const ITEMS = 300;
const HIDDEN = Array.from({ length: 15 }, (_, n) => `Extra${n}`);
const ALBUMS = Array.from({ length: 40 }, (_, n) => ({
  Artist: { S: `artist ${n % 7}` },
  Album: { N: String(n) },
  Songs: { L: [{ S: 'naïve' }, { N: '1.50' }, { M: { Odd: { NULL: true } } }] },
})) satisfies readonly SdkItem[];

test('running workers load the plugins of plugin.path: a source, two sinks, a transform and a converter of others move tables under load', async () => {
  await expectTools('curl');
  await using services = await testServices();
  await using folders = await pluginFolders();
  await writeItems(join(folders.source, 'Albums'), 'a.jsonl', ALBUMS.slice(0, 25));
  await writeItems(join(folders.source, 'Albums'), 'b.jsonl', ALBUMS.slice(25));
  await using load = await musicUnderLoad(services, { items: ITEMS, seed: 191, rate: 40 });
  const settingsOf = (path: string) => ({
    settings: { 'plugin.path': path, 'value.converter': 'Base64JsonConverter' },
  });
  await using source = await Worker.start('source', services, settingsOf(folders.ofSource));
  await using sink = await Worker.start('sink', services, settingsOf(folders.ofSink));
  await expectListed(sink);
  await post(source, await connectorsOf(services, folders));
  await postThirtyLines(services, folders, sink);
  const sinks = ['alternator', 'lines', 'folder'].map((one) => `${services.name}-${one}`);
  for (const [i, one] of sinks.entries()) await untilRunning(source, one, i === 2 ? 1 : 2);

  const rows = async () => (await linesOf(join(folders.lines, 'Music'))).size;
  await until('rows are written', async () => (await rows()) > ITEMS / 2);
  await load.stop();
  await expectAllEqual(services, folders);
  await expectConverted(services);
  for (const worker of [source, sink]) await worker.stop();
});

/** Connectors of both kinds of workers, whichever is asked, and what else it has itself. */
async function expectListed(worker: Worker): Promise<void> {
  const path = '/connector-plugins?connectorsOnly=false';
  const listed = await request<readonly { class: string; type: string }[]>(worker, ['GET', path], 200);
  for (const [name, type] of [
    ['JsonLinesSource', 'source'],
    ['JsonLinesSink', 'sink'],
    ['FolderSink', 'sink'],
    ['Redact', 'transformation'],
    ['Base64JsonConverter', 'converter'],
  ])
    expect(listed).toContainEqual(expect.objectContaining({ class: name, type }));
}

/** The migration's, whose sink hides texts, and those of the examples beside them. */
async function connectorsOf(services: TestServices, folders: PluginFolders): Promise<Connector[]> {
  const { name } = services;
  await using file = await migrationFile(services, { tables: ['Music'] });
  const [snapshot, changes, sink] = (await printedConnectors(file.path)) as [Connector, Connector, Connector];
  const hide = {
    transforms: 'hide',
    'transforms.hide.type': 'Redact',
    'transforms.hide.fields': HIDDEN.join(),
  };
  const albums = {
    'connector.class': 'JsonLinesSource',
    'tasks.max': '2',
    'topic.prefix': name,
    'topic.creation.default.partitions': '4',
    folder: folders.source,
    tables: 'Albums',
    'keys.Albums': 'Artist:S,Album:N',
  };
  const lines = {
    'connector.class': 'JsonLinesSink',
    'tasks.max': '2',
    'topic.prefix': name,
    'topics.regex': `${name}\\.(Music|Albums)\\.(snapshot|changes)`,
    folder: folders.lines,
  };
  return [
    snapshot,
    changes,
    { ...sink, config: { ...sink.config, ...hide } },
    { name: `${name}-albums`, config: albums },
    { name: `${name}-lines`, config: lines },
  ];
}

/** As the page says, with the test's own addresses and names. */
async function postThirtyLines({ name }: TestServices, { thirty, ofSink }: PluginFolders, worker: Worker) {
  const command = inPage('write-a-connector.md', /^\$ (curl -sS -X PUT [\s\S]*?\}')$/m)
    .replace('127.0.0.1:8083', worker.id)
    .replace('music-folder', `${name}-folder`)
    .replace('"topic.prefix": "music"', `"topic.prefix": "${name}"`)
    .replaceAll('music.Music', `${name}.Music`)
    .replace('/var/lib/items', thirty);
  expect(JSON.parse(await shell(command, ofSink))).toMatchObject({ name: `${name}-folder`, type: 'sink' });
}

async function expectAllEqual({ source, target }: TestServices, folders: PluginFolders): Promise<void> {
  const sides = [
    { client: source.client, table: 'Music' },
    { client: target.client, table: 'Music' },
  ] as const;
  await until('all changes are written, and texts are hidden', async () => {
    const { missing, different, extra } = await compareTables(...sides, redacted);
    return missing.length + different.length + extra.length === 0;
  });
  await expectEqualTables(...sides, redacted);
  const items = await itemsOf(source.client, 'Music');
  expect(items.filter((item) => canonical({ M: redacted(item) }) !== canonical({ M: item }))).not.toEqual([]);

  const wanted = items.map((item) => canonical({ M: item })).sort();
  await eventually(async () => {
    expect([...(await linesOf(join(folders.lines, 'Music'))).values()].sort()).toEqual(wanted);
    expect((await itemTextsOf(join(folders.thirty, 'Music'))).sort()).toEqual(wanted);
    const albums = [...(await linesOf(join(folders.lines, 'Albums'))).values()];
    expect(albums.sort()).toEqual(ALBUMS.map((item) => canonical({ M: item })).sort());
  });
}

const redacted = (item: SdkItem): SdkItem =>
  Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      HIDDEN.includes(name) && value.S !== undefined ? { S: '[redacted]' } : value,
    ]),
  );

/** Records of data topics are JSON in Base64; markers are Messina's own. */
async function expectConverted({ kafka, name }: TestServices): Promise<void> {
  for (const topic of ['Music.snapshot', 'Music.changes', 'Albums.snapshot']) {
    const records = await recordsOf(kafka.bootstrap, `${name}.${topic}`);
    const plain = records.flatMap(({ value }) => {
      const text = Buffer.from(String(value), 'base64').toString();
      return text.startsWith('{"op"') ? [JSON.parse(text) as { op: string; source: object }] : [];
    });
    expect({ topic, records: plain.length }).toEqual({ topic, records: expect.toSatisfy((n) => n > 0) });
    expect(plain[0]).toMatchObject({ source: { table: topic.split('.')[0] } });
  }
}
