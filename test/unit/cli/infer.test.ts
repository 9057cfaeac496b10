import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { runInfer } from '../../../cli/actions/infer.ts';
import type { InferOptions } from '../../../migration/infer/infer.ts';
import { itemFrom, proposed, sampleOf } from '../migration/infer-samples.ts';
import { validText } from '../migration/migration-text.ts';
import { run } from './command-line.ts';

const asked = vi.hoisted(() => [] as InferOptions[]);

const items = [itemFrom({ id: { S: 'x' }, a: { N: '1' } }), itemFrom({ id: { S: 'y' }, a: { BOOL: true } })];

vi.mock('../../../migration/infer/infer.ts', () => ({
  inferMapping: async (_: unknown, options: InferOptions) => {
    asked.push(options);
    const { proposal, text } = proposed(items);
    return { ...proposal, text, from: 'source', sample: sampleOf(items) };
  },
}));

const folder = mkdtempSync(join(tmpdir(), 'messina-infer-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'music.yaml');
const output = join(folder, 'music.mapping.yaml');
const { text } = proposed(items);

beforeEach(() => {
  asked.length = 0;
  writeFileSync(file, validText);
  rmSync(output, { force: true });
});

const infer = (flags: string) => run(`infer ${file} --table Music ${flags}`, { infer: runInfer });

describe('a proposed mapping', () => {
  test('is printed', async () => {
    expect(await infer('--items 5')).toMatchObject({ code: 0, stdout: text, stderr: '' });
    expect(asked).toMatchObject([{ table: 'Music', itemsMax: 5 }]);
  });

  test('is written to a file, with a line that says what it holds', async () => {
    const { code, stdout } = await infer(`-o ${output}`);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `Wrote ${output}, from 2 items of a scan. Columns: 1; attributes in column leftovers alone: 1; columns with values of other types: 0\n`,
    });
    expect(readFileSync(output, 'utf8')).toBe(text);
  });

  test('is one JSON document with --json, beside the file', async () => {
    const { stdout } = await infer(`--json --output ${output}`);
    expect(JSON.parse(stdout)).toEqual({
      table: 'Music',
      from: 'source',
      items: 2,
      deletes: 0,
      filtered: 0,
      failed: 0,
      attributes: [
        { name: 'id', values: 2, types: { S: 2 }, type: 'text', why: null, conflict: false, notes: [] },
        {
          name: 'a',
          values: 2,
          types: { BOOL: 1, N: 1 },
          type: null,
          why: 'its types differ',
          conflict: false,
          notes: [],
        },
      ],
      otherValues: 0,
      mapping: {
        table: 'T',
        key: { partition: ['id'] },
        columns: [{ column: 'id', type: 'text', attribute: 'id' }],
        leftovers: { column: 'leftovers', type: 'frozen<map<text, text>>' },
      },
    });
    expect(readFileSync(output, 'utf8')).toBe(text);
  });

  test('takes the place of a file with --force only', async () => {
    writeFileSync(output, 'mine');
    const { code, stderr } = await infer(`-o ${output}`);
    expect({ code, asked }).toEqual({ code: 2, asked: [] });
    expect(stderr).toContain(`${output} exists already`);
    expect(readFileSync(output, 'utf8')).toBe('mine');
    expect((await infer(`-o ${output} --force`)).code).toBe(0);
    expect(readFileSync(output, 'utf8')).toBe(text);
  });

  test('is made without the mapping file that the migration file names already', async () => {
    const target =
      'type: cql\n  contactPoints: [127.0.0.1]\n  keyspace: music\n  mapping: music.mapping.yaml\n';
    writeFileSync(file, validText.replace(/type: alternator[\s\S]*/, target));
    expect(await infer(`-o ${output}`)).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(output)).toBe(true);
  });
});

describe('nothing is read before a command line is right', () => {
  test.each([
    ['a table of another file', '--table Songs', /Table Songs is not in .*music\.yaml/],
    ['a folder in place of a file', `-o ${folder}`, /is no file/],
    ['a folder that is not there', `-o ${folder}/nowhere/m.yaml`, /nowhere is not there/],
    ['no items', '--items 0', /whole number from 1/],
  ])('%s', async (_, flags, message) => {
    const { code, stdout, stderr } = await infer(flags);
    expect({ code, stdout, asked }).toEqual({ code: 2, stdout: '', asked: [] });
    expect(stderr).toMatch(message);
  });
});
