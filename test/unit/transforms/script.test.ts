import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TransformConfig } from '../../../connectors/transforms/chain.ts';
import { loadTransforms } from '../../../connectors/transforms/load.ts';
import { chain, changeOf, type Json, jsonOf } from './transforming.ts';

/** A folder with one script in it. */
async function scriptFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'messina-script-'));
  const module = join(folder, 'shape.mjs');
  return {
    config: { type: 'Script', module } satisfies TransformConfig,
    write: (text: string) => writeFile(module, text),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true });
    },
  };
}

/** The transform that a script is. */
async function scripted(text: string) {
  await using folder = await scriptFolder();
  await folder.write(text);
  const { loaded, faults } = await loadTransforms([folder.config]);
  expect(faults).toEqual([]);
  return chain([folder.config], {}, loaded)[0]!;
}

/** What is wrong with a script before there is an item. */
async function faultOf(text: string | null) {
  await using folder = await scriptFolder();
  if (text !== null) await folder.write(text);
  const { faults } = await loadTransforms([{ type: 'Flatten$Value' }, folder.config]);
  return faults.map(({ index, fault: { option, message, remedy } }) => ({
    index,
    option,
    message,
    remedy,
  }))[0];
}

const pk = { S: 'k' };

describe('a script', () => {
  test.each<[string, string, Json, Json | null]>([
    ['adds', '(item) => ({ ...item, n: { N: "1.50" } })', {}, { pk, n: { N: '1.5' } }],
    ['changes what it is given', '(item) => { delete item.a; return item; }', { a: pk }, { pk }],
    [
      'leaves',
      '(item) => item',
      { a: { B: 'AAEC' }, s: { SS: ['x'] } },
      { pk, a: { B: 'AAEC' }, s: { SS: ['x'] } },
    ],
    ['filters', '(item) => (item.a ? null : item)', { a: pk }, null],
    ['sees the table', '(item, { table }) => ({ ...item, t: { S: table } })', {}, { pk, t: { S: 'T' } }],
    ['leaves out what is undefined', '(item) => ({ ...item, a: undefined })', { a: pk }, { pk }],
  ])('%s', async (_, text, item, expected) => {
    const transform = await scripted(`export default ${text};`);
    expect(jsonOf(transform.apply(changeOf(item))?.after ?? null)).toEqual(expected);
  });

  test('that leaves an item as it is leaves its record as it is', async () => {
    const transform = await scripted('export default (item) => item;');
    const record = changeOf({ a: { N: '1' } }, { a: { N: '2' } });
    expect(transform.apply(record)).toBe(record);
  });

  test('is called for both images, and never for a delete without one', async () => {
    const transform = await scripted('export default (item) => ({ ...item, n: { S: "x" } });');
    const deleted = transform.apply(changeOf(null, {}));
    expect(deleted).toMatchObject({ op: 'd', after: null });
    expect(jsonOf(deleted?.before ?? null)).toEqual({ pk, n: { S: 'x' } });
    const bare = changeOf(null);
    expect(transform.apply(bare)).toBe(bare);
  });

  test.each<[string, string, string]>([
    ['throws', '(item) => {\n throw new TypeError(item.a.S); }', 'shape.mjs:2:8 threw TypeError'],
    [
      'throws an error with a name of its own',
      '(item) => { throw Object.assign(new Error(item.a.S), { name: item.a.S }); }',
      'shape.mjs:1:48 threw Error',
    ],
    ['throws no error', '(item) => { throw item.a.S; }', 'shape.mjs threw something that is no Error'],
    ['returns nothing', '() => {}', 'shape.mjs returned nothing; null is what filters an item'],
    [
      'returns a promise that fails',
      '(item) => Promise.reject(new Error(item.a.S))',
      'shape.mjs returned a promise; it has to return an item at once',
    ],
    ['returns a text', '(item) => item.a.S', 'shape.mjs returned something that is no object'],
    ['returns a list', '(item) => [item]', 'shape.mjs returned something that is no object'],
    [
      'returns a circle',
      '(item) => { item.a = item; return item; }',
      'shape.mjs returned an object that is no JSON',
    ],
    ['returns plain JSON', '(item) => ({ ...item, n: 1 })', 'shape.mjs returned no DynamoDB JSON: '],
    [
      'returns a number that is none',
      '(item) => ({ ...item, n: { N: item.a.S } })',
      'shape.mjs returned no DynamoDB JSON: ',
    ],
    ['removes a key attribute', '({ pk, ...rest }) => rest', 'shape.mjs changes "pk", a key attribute'],
    [
      'changes a key attribute',
      '(item) => ({ ...item, pk: item.a })',
      'shape.mjs changes "pk", a key attribute',
    ],
  ])('that %s makes a bad record, without its values', async (_, text, message) => {
    const transform = await scripted(`export default ${text};`);
    const apply = () => transform.apply(changeOf({ a: { S: 'swordfish' } }));
    expect(apply).toThrow(
      expect.objectContaining({
        code: 'RECORD_TRANSFORM',
        message: expect.stringContaining(`Script (transforms[0]): ${message}`),
      }),
    );
    expect(apply).not.toThrow(/swordfish/);
  });

  test('that is changed in its place is another one, by what it does and by its fingerprint', async () => {
    await using folder = await scriptFolder();
    const load = async (text: string) => {
      await folder.write(text);
      const { loaded } = await loadTransforms([folder.config]);
      return chain([folder.config], {}, loaded)[0]!;
    };
    const first = await load('export default (item) => item;');
    const second = await load('export default () => null;');
    const again = await load('export default (item) => item;');
    expect(first.apply(changeOf({}))).not.toBeNull();
    expect(second.apply(changeOf({}))).toBeNull();
    expect(second.fingerprint).not.toBe(first.fingerprint);
    expect(again.fingerprint).toBe(first.fingerprint);
  });

  test('means the same wherever its file is', async () => {
    const [a, b] = [await scripted('export default (x) => x;'), await scripted('export default (x) => x;')];
    expect(a.fingerprint).toBe(b.fingerprint);
  });

  test('is not made before it is loaded', () => {
    expect(() => chain([{ type: 'Script', module: 'a.mjs' }])).toThrow('made before it was loaded');
  });
});

describe('a script that cannot be used is refused before anything is touched', () => {
  test.each<[string, string | null, string]>([
    ['is not there', null, 'names a script that cannot be read (ENOENT)'],
    ['is no JavaScript', 'export default (', 'names a script that fails as it is loaded: '],
    ['throws', 'throw new Error("no such thing")', 'fails as it is loaded: Error: no such thing'],
    ['exports no default', 'export const a = 1;', 'without a default export that is a function'],
    ['exports no function', 'export default {};', 'without a default export that is a function'],
    ['is asynchronous', 'export default async (item) => item;', 'whose function is asynchronous'],
  ])('one that %s', async (_, text, message) => {
    const fault = await faultOf(text);
    expect(fault).toMatchObject({ index: 1, option: 'module', remedy: expect.stringMatching(/\.$|;$/) });
    expect(fault?.message).toContain(message);
  });
});
