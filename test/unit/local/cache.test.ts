import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cacheDirectory, fetchOnce } from '../../../local/cache.ts';
import { quiet } from '../../../local/progress.ts';

let cache = '';

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'messina-cache-test-'));
  vi.stubEnv('MESSINA_CACHE', cache);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

test('the cache is where MESSINA_CACHE says, else below the home directory', () => {
  expect(cacheDirectory({ MESSINA_CACHE: '/c' })).toBe('/c');
  expect(cacheDirectory({})).toMatch(/\/\.cache\/messina$/);
});

test('a folder is filled once and found afterwards', async () => {
  const fill = vi.fn(async (directory: string) => writeFile(join(directory, 'file'), 'content'));
  const first = await fetchOnce({ folder: 'thing-1', fill }, quiet);
  const second = await fetchOnce({ folder: 'thing-1', fill }, quiet);
  expect(second).toBe(first);
  expect(await readFile(join(second, 'file'), 'utf8')).toBe('content');
  expect(fill).toHaveBeenCalledTimes(1);
});

test('of two fetches at the same time one fills and both get the folder', async () => {
  const fill = vi.fn(async (directory: string) => writeFile(join(directory, 'file'), 'content'));
  const fetch = () => fetchOnce({ folder: 'thing-1', fill }, quiet);
  const [one, other] = await Promise.all([fetch(), fetch()]);
  expect(one).toBe(other);
  expect(fill).toHaveBeenCalledTimes(1);
});

test('a fetch that fails leaves nothing behind and can be tried again', async () => {
  const fail = async () => Promise.reject(new Error('no network'));
  await expect(fetchOnce({ folder: 'thing-1', fill: fail }, quiet)).rejects.toThrow('no network');
  expect(await readdir(cache)).toEqual([]);
  await fetchOnce({ folder: 'thing-1', fill: async () => {} }, quiet);
  expect(await readdir(cache)).toEqual(['thing-1']);
});

test('the lock of a process that is gone is taken over', async () => {
  await writeFile(join(cache, 'thing-1.lock'), '999999999');
  await fetchOnce({ folder: 'thing-1', fill: async () => {} }, quiet);
  expect(await readdir(cache)).toEqual(['thing-1']);
});
