import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readConnector } from '../../connectors/config/connector-settings.ts';
import type { SnapshotSource } from '../../connectors/connector.ts';
import { Item } from '../../schemas/item.ts';
import { encodeKey } from '../../schemas/key.ts';
import { attributes, putRecord, sinkTable } from '../sink-records.ts';
import { temporaryFolder } from '../unit/worker/plugin-folder.ts';
import { converterSuite } from './converter-suite.ts';
import { pluginsAt, quietContext, sinkOf, transformOf } from './plugin-context.ts';
import { sinkSuite } from './sink-suite.ts';
import { type Held, sourceSuite } from './source-suite.ts';
import { transformSuite } from './transform-suite.ts';

const examples = fileURLToPath(new URL('../../examples/plugins', import.meta.url));
const plugins = await pluginsAt(examples);
const jsonLinesSink = sinkOf(plugins, 'JsonLinesSink');
const jsonLinesSource = plugins.connectors.find(({ plugin }) => plugin.name === 'JsonLinesSource')
  ?.plugin as SnapshotSource<unknown>;

const ITEM_BYTES_MAX = 200_000;

interface SinkLine {
  readonly key: unknown;
  readonly item: unknown;
}

/** Rows of the files, by framed key in hex: read by this test's own means. */
function rowsOnDisk(folder: string): Map<string, Item> {
  const rows = new Map<string, Item>();
  const bytes = (json: unknown) => Buffer.from(JSON.stringify(json));
  for (const name of readdirSync(folder)) {
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1)) {
      const { key, item } = JSON.parse(line) as SinkLine;
      const attributes = Item.fromJson(bytes(key)).attributes;
      const id = encodeKey(sinkTable('Music').facts.keySchema, attributes).toString('hex');
      if (item === null) rows.delete(id);
      else rows.set(id, Item.fromJson(bytes(item)));
    }
  }
  return rows;
}

sinkSuite('the example JsonLinesSink', { version: false, refusal: true }, async () => {
  const folder = temporaryFolder();
  const table = sinkTable('Music');
  return {
    connector: jsonLinesSink,
    options: { folder: folder.path, itemBytesMax: ITEM_BYTES_MAX, existing: 'refuse' },
    table,
    context: quietContext,
    readAll: async () => rowsOnDisk(join(folder.path, 'Music')),
    refused: (id) =>
      putRecord(table, attributes({ id: { S: id }, large: { S: 'x'.repeat(ITEM_BYTES_MAX) } })),
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  };
});

test('the example JsonLinesSink cuts off what a crash left half written, and keeps the newest line of a key', async () => {
  using folder = temporaryFolder();
  const table = sinkTable('Music');
  const options = { folder: folder.path, existing: 'refuse' };
  const whole = (n: string) => `{"key":{"id":{"S":"a"}},"item":{"id":{"S":"a"},"n":{"N":"${n}"}}}\n`;
  const lane = folder.write('Music/Music%2F0.jsonl', `${whole('1')}${whole('2')}{"key":{"id":{"S":"b`);
  await using task = await jsonLinesSink.open(options, quietContext);
  await task.adopt(table, 'Music/0', { clean: false, first: false });
  expect(readFileSync(lane, 'utf8')).toBe(whole('2'));
});

test('the example JsonLinesSink refuses a folder with rows, and writes nothing once its lease may have run out', async () => {
  using folder = temporaryFolder();
  const table = sinkTable('Music');
  folder.write('Music/x.jsonl', '{"key":{"id":{"S":"a"}},"item":{"id":{"S":"a"}}}\n');
  const options = { folder: folder.path, existing: 'refuse' };
  const problems = await jsonLinesSink.check(options, table, true, quietContext);
  expect(problems.map(({ error }) => error.code)).toEqual(['TARGET_NOT_EMPTY']);
  await using task = await jsonLinesSink.open(options, { ...quietContext, leaseValid: () => false });
  await task.adopt(table, 'Music/0', { clean: true, first: true });
  const record = putRecord(table, attributes({ id: { S: 'b' } }));
  await expect(task.put(table, 'Music/0', [record])).rejects.toMatchObject({ code: 'LEASE_LOST' });
  expect(rowsOnDisk(join(folder.path, 'Music')).size).toBe(1);
});

test('the example JsonLinesSink names a file that somebody else has written to, and shows none of it', async () => {
  using folder = temporaryFolder();
  const table = sinkTable('Music');
  const lane = folder.write('Music/Music%2F0.jsonl', 'private\n');
  await using task = await jsonLinesSink.open({ folder: folder.path, existing: 'refuse' }, quietContext);
  await expect(task.adopt(table, 'Music/0', { clean: true, first: false })).rejects.toMatchObject({
    code: 'TARGET_REFUSED',
    message: `${lane} holds a line that JsonLinesSink has not written`,
  });
  await expect(task.adopt(sinkTable('Gone'), 'Gone/0', { clean: true, first: true })).rejects.toMatchObject({
    code: 'TARGET_UNREACHABLE',
  });
});

sourceSuite('the example JsonLinesSource', { kind: 'snapshot', rejects: true }, async () => {
  const folder = temporaryFolder();
  const source = jsonLinesSource;
  const heldBy = (file: string): Held[] =>
    Array.from({ length: 14 }, (_, i) => ({ id: `${file}-${i}`, as: i % 6 === 4 ? 'rejected' : 'put' }));
  const lineOf = ({ id, as }: Held) =>
    as === 'put' ? `{"id":{"S":"${id}"}}` : `{"id":{"S":"${id}"},"n":{}}`;
  mkdirSync(join(folder.path, 'Music'));
  const holds = new Map(['a.jsonl', 'b.jsonl'].map((file) => [file, heldBy(file)]));
  // The last line of a file may lack its end, and blank lines are none.
  for (const [file, held] of holds) {
    writeFileSync(
      join(folder.path, 'Music', file),
      held.map(lineOf).join(file === 'a.jsonl' ? '\n' : '\n\n'),
    );
  }
  const options = { folder: folder.path, keys: { Music: 'id:S' }, batchBytes: 64 };
  const table = await source.describe(options, 'Music', quietContext);
  const asked = { notBeforeMs: null, noted: null, note: async () => {} };
  const [snapshot] = await source.take(options, table, asked, quietContext);
  return {
    table: 'Music',
    holds,
    discover: async () => {
      const found = [];
      for await (const one of source.discover(options, table, snapshot, quietContext)) found.push(one);
      return found;
    },
    open: (partition, position, parents) =>
      source.open(options, partition, { position, parents, table, snapshot, version: 7 }, quietContext),
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  };
});

test('the example JsonLinesSource reads none but the files that it began with', async () => {
  using folder = temporaryFolder();
  folder.write('Music/a.jsonl', '{"id":{"S":"a"}}\n');
  const options = { folder: folder.path, keys: { Music: 'id:S' }, batchBytes: 64 };
  const table = await jsonLinesSource.describe(options, 'Music', quietContext);
  const asked = { notBeforeMs: null, noted: null, note: async () => {} };
  const [snapshot] = await jsonLinesSource.take(options, table, asked, quietContext);
  folder.write('Music/b.jsonl', '{"id":{"S":"b"}}\n');
  const found = jsonLinesSource.discover(options, table, snapshot, quietContext)[Symbol.asyncIterator]();
  await expect(found.next()).rejects.toMatchObject({ code: 'EXPORT_CHANGED' });
});

test('the example JsonLinesSource names the table that it cannot read', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path, keys: { Music: 'id:S' }, batchBytes: 64 };
  const problems = await jsonLinesSource.check(options, ['Music', 'Other'], quietContext);
  expect(problems.map(({ table, error }) => [table, error.code])).toEqual([
    ['Music', 'SOURCE_TABLE_MISSING'],
    ['Other', 'SOURCE_TABLE_MISSING'],
  ]);
});

const redact = transformOf(plugins, {
  type: 'Redact',
  fields: ['S', 'Item', 'toString', '__proto__'],
  replacement: 'x',
});
transformSuite(redact);

test('the example Redact hides texts, and says which attributes it touches', () => {
  const table = sinkTable('Music');
  const record = putRecord(table, attributes({ id: { S: 'a' }, S: { S: 'secret' }, Item: { N: '1' } }));
  expect(redact.apply(record)?.after?.attributes).toEqual(
    attributes({ id: { S: 'a' }, S: { S: 'x' }, Item: { N: '1' } }),
  );
  expect(redact.touches('Music', 'S')).toEqual({ option: 'fields', does: 'hides' });
  expect(redact.touches('Music', 'id')).toBe(null);
});

converterSuite(plugins.converters.find(({ name }) => name === 'Base64JsonConverter')!);

test('connectors are configured with the examples as with those of Messina', () => {
  const worker = { valueConverter: 'AvroConverter' };
  const common = { name: 'files', 'topic.prefix': 'music', 'value.converter': 'Base64JsonConverter' };
  const sink = readConnector(
    {
      ...common,
      'connector.class': 'JsonLinesSink',
      topics: 'music.Music.snapshot,music.Music.changes',
      folder: '/items',
      'item.bytes.max': '1000',
      transforms: 'hide',
      'transforms.hide.type': 'Redact',
      'transforms.hide.fields': 'email,phone',
    },
    plugins,
    worker,
  );
  expect(sink).toMatchObject({
    problems: [],
    warnings: [],
    settings: {
      converter: 'Base64JsonConverter',
      options: { folder: '/items', itemBytesMax: 1000, existing: 'refuse' },
      transforms: [{ type: 'Redact', fields: ['email', 'phone'], replacement: '[redacted]' }],
    },
  });
  const source = readConnector(
    {
      ...common,
      'connector.class': 'JsonLinesSource',
      tables: 'Music',
      folder: '/items',
      'keys.Music': 'Artist',
    },
    plugins,
    worker,
  );
  expect(source.problems.map(({ key }) => key)).toEqual(['keys.Music']);
});
