import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../connectors/config/errors.ts';
import type { ConfigScope } from '../../../connectors/worker/config-scope.ts';
import { readConnectorsDir, sortedFiles } from '../../../connectors/worker/connectors-dir.ts';
import { plugins } from '../config/connector-classes.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'connectors-'));
});
afterEach(() => rm(folder, { recursive: true }));

const put = (name: string, content: unknown) =>
  writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));

/** What the folder was refused for. */
async function refusalOf(reading: Promise<unknown>): Promise<ConfigError> {
  const error: unknown = await reading.catch((thrown: unknown) => thrown);
  if (error instanceof ConfigError) return error;
  throw new Error(`it was not refused: ${String(error)}`);
}

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
    const error = await refusalOf(readConnectorsDir(folder));
    expect(error).toMatchObject({
      file: join(folder, 'x.json'),
      problems: [{ message: expect.stringContaining(message) }],
    });
    expect(JSON.stringify(error)).not.toContain('geheim');
  });

  test('is refused when it, or something in it, cannot be read', async () => {
    const none = join(folder, 'none');
    const problems = [
      { message: 'cannot be read (ENOENT)', remedy: expect.stringContaining('connectors.dir') },
    ];
    expect(await refusalOf(readConnectorsDir(none))).toMatchObject({ file: none, problems });
    const directory = join(folder, 'd.json');
    await mkdir(directory);
    expect(await refusalOf(readConnectorsDir(folder))).toMatchObject({ file: directory });
  });
});

describe('a worker for sinks', () => {
  const sinks = plugins.connectors.filter(({ type }) => type === 'sink');
  const scope: ConfigScope = {
    plugins: { ...plugins, connectors: sinks },
    valueConverter: 'AvroConverter',
    sources: { env: { ENDPOINT: 'http://127.0.0.1:8001' }, folder: '/' },
  };
  const sink = {
    'connector.class': 'AlternatorSink',
    'topic.prefix': 'm',
    topics: 'm.T.snapshot,m.T.changes',
    endpoints: '${env:ENDPOINT}',
  };
  const fileOf = (name: string, config: Readonly<Record<string, string>>) => ({
    name,
    config: { ...config, name },
    path: `/connectors/${name}.json`,
  });

  test('takes its own, and leaves those of classes that others have to others', () => {
    const own = fileOf('sink', sink);
    const other = fileOf('source', { 'connector.class': 'S3ExportSource' });
    expect(sortedFiles([other, own], scope)).toEqual({ own: [own], others: [other] });
  });

  test.each([
    [
      { ...sink, 'tasks.max': 'many' },
      'Invalid value many for configuration tasks.max: Not a number of type INT',
    ],
    [{ ...sink, endpoints: '${env:NONE}' }, 'needs the environment variable NONE, which is not set'],
    [{ topics: 't' }, 'names no connector.class'],
  ])('refuses %j, by the name of the file', async (config, message) => {
    const error = await refusalOf((async () => sortedFiles([fileOf('bad', config)], scope))());
    expect(error).toMatchObject({
      file: '/connectors/bad.json',
      problems: [{ message: expect.stringContaining(message) }],
    });
  });
});
