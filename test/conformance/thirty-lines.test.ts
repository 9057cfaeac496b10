import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Item } from '../../schemas/item.ts';
import { sinkTable } from '../sink-records.ts';
import { temporaryFolder } from '../unit/worker/plugin-folder.ts';
import { pluginsAt, quietContext, sinkOf } from './plugin-context.ts';
import { sinkSuite } from './sink-suite.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/write-a-connector.md', import.meta.url)), 'utf8');
const code = /```js\n(\/\/ folder-sink\.mjs\n[\s\S]*?)```/.exec(page)?.[1] ?? '';

using folder = temporaryFolder();
const sink = sinkOf(await pluginsAt(folder.write('folder-sink.mjs', code)), 'FolderSink');

test('the connector of thirty lines has thirty lines', () => {
  const lines = code.split('\n').filter((line) => line !== '' && !line.startsWith('//'));
  expect(lines.length).toBeLessThanOrEqual(30);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(140);
});

sinkSuite('the connector of thirty lines', { version: false, refusal: false }, async () => {
  const target = temporaryFolder();
  const table = join(target.path, 'Music');
  return {
    connector: sink,
    options: { folder: target.path },
    table: sinkTable('Music'),
    context: quietContext,
    readAll: async () => rowsOnDisk(table),
    refused: null,
    [Symbol.asyncDispose]: async () => target[Symbol.dispose](),
  };
});

function rowsOnDisk(table: string): Map<string, Item> {
  const rows = new Map<string, Item>();
  for (const name of existsSync(table) ? readdirSync(table) : []) {
    for (const line of readFileSync(join(table, name), 'utf8').split('\n').filter(Boolean)) {
      const [key, json] = JSON.parse(line) as [string, string | null];
      if (json === null) rows.delete(key);
      else rows.set(key, Item.fromJson(Buffer.from(json)));
    }
  }
  return rows;
}
