import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readKeys } from '../../../migration/verify/keys-file.ts';
import { encodeKey } from '../../../schemas/key.ts';
import type { KeySchema } from '../../../schemas/values.ts';

const schema: KeySchema = [
  { name: 'Artist', type: 'S' },
  { name: 'Year', type: 'N' },
];
const key = (artist: string, year: string) =>
  encodeKey(
    schema,
    new Map<string, { S: string } | { N: string }>([
      ['Artist', { S: artist }],
      ['Year', { N: year }],
    ]),
  );

async function read(text: string): Promise<Buffer[]> {
  const folder = await mkdtemp(join(tmpdir(), 'keys-'));
  try {
    await writeFile(join(folder, 'keys.jsonl'), text);
    return await readKeys(join(folder, 'keys.jsonl'), schema);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a file of keys is read in any order of attributes, each key once', async () => {
  const text = `{"Artist":{"S":"x"},"Year":{"N":"1"}}\n\n{"Year":{"N":"1.0"},"Artist":{"S":"x"}}\r\n {"Artist":{"S":"ü"},"Year":{"N":"2"}}`;
  expect(await read(text)).toEqual([key('x', '1'), key('ü', '2')]);
});

test.each([
  ['is half a key', '{"Artist":{"S":"x"}}', 'Key attribute "Year" is missing'],
  ['has a key of another type', '{"Artist":{"S":"x"},"Year":{"S":"1"}}', 'Key attribute "Year" is S'],
  [
    'has another attribute',
    '{"Artist":{"S":"x"},"Price":{"N":"9"},"Year":{"N":"1"}}',
    'Attribute "Price" is not of the key',
  ],
  ['is no DynamoDB JSON', '{"Artist":"x","Year":1}', ''],
  ['is no JSON', 'x', 'Not JSON'],
  ['holds more than a key', '{"Artist":{"S":"x"},"Year":{"N":"1"}} {}', 'Not JSON'],
])('a line that %s is named', async (_, line, message) => {
  const good = '{"Artist":{"S":"x"},"Year":{"N":"1"}}';
  await expect(read(`${good}\n${line}\n`)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    problems: [{ line: 2, message: expect.stringContaining(message) }],
  });
});

test('a file that is not there is said to be so', async () => {
  await expect(readKeys('/nowhere/keys', schema)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    problems: [{ message: 'there is no such file' }],
  });
});
