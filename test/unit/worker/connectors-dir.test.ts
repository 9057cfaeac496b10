import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConnectorsDir } from '../../../connectors/worker/connectors-dir.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'connectors-'));
});
afterEach(() => rm(folder, { recursive: true }));

const put = (name: string, content: unknown) =>
  writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));

describe('a folder of connectors', () => {
  test('holds them as they would be posted, in lists, or flat; other files are left alone', async () => {
    await put('b.json', { name: 'b', config: { 'tasks.max': 2, 'errors.log.enable': true } });
    await put('a.json', [
      { name: 'a1', config: { name: 'a1', x: '1' } },
      { name: 'a2', x: '2' },
    ]);
    await put('notes.txt', 'not ours');
    const files = await readConnectorsDir(folder);
    expect(files.map(({ name, config }) => ({ name, config }))).toEqual([
      { name: 'a1', config: { name: 'a1', x: '1' } },
      { name: 'a2', config: { name: 'a2', x: '2' } },
      { name: 'b', config: { name: 'b', 'tasks.max': '2', 'errors.log.enable': 'true' } },
    ]);
    expect(files[2]?.path).toBe(join(folder, 'b.json'));
  });

  test.each([
    ['{"name": ', 'is no JSON'],
    ['7', 'holds no configuration of a connector'],
    [{ config: { x: '1' } }, 'names no connector'],
    [{ name: '', config: {} }, 'names no connector'],
    [{ name: 'a', config: { name: 'b' } }, 'names a connector a, and its config b'],
    [{ name: 'a', config: { tables: ['geheim'] } }, 'tables has to be a text'],
    [{ name: 'a', config: { tables: null } }, 'tables has to be a text'],
    [
      [
        { name: 'a', config: {} },
        { name: 'a', config: {} },
      ],
      'connector a stands in',
    ],
  ])('is refused with %j in it, by the name of the file', async (content, message) => {
    await put('x.json', content);
    const refusal = expect(readConnectorsDir(folder)).rejects;
    await refusal.toMatchObject({ code: 'WORKER_CONFIG', message: expect.stringContaining(message) });
    await refusal.toThrow(join(folder, 'x.json'));
    await refusal.not.toThrow('geheim');
  });

  test('is refused when it, or something in it, cannot be read', async () => {
    await expect(readConnectorsDir(join(folder, 'none'))).rejects.toThrow('connectors.dir');
    await mkdir(join(folder, 'd.json'));
    await expect(readConnectorsDir(folder)).rejects.toThrow(join(folder, 'd.json'));
  });
});
