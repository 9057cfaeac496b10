import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../connectors/errors.ts';
import type { ChangeRecord } from '../../../schemas/change.ts';
import { encodeKey } from '../../../schemas/key.ts';
import {
  chainOptions,
  type ExportSpec,
  itemLine,
  md5Of,
  music,
  readChain,
  writeChain,
} from './export-fixture.ts';
import { fullSpec, windowLine, windowSpec } from './export-history.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** X of the full export. */
const X = Date.parse('2024-06-10T06:13:20Z');

const rowsOf = (records: readonly ChangeRecord[]) =>
  records.map(({ op, after }) => [op, after?.attributes.get('Artist'), after?.attributes.get('n')]);

async function recordsOf(lines: readonly string[]): Promise<ChangeRecord[]> {
  await using chain = await writeChain([fullSpec(X, []), windowSpec(X - HOUR, X + HOUR, [lines])]);
  const [, window] = await readChain(chainOptions(chain.summaryUrls));
  expect(window!.batches.flatMap(({ rejected }) => rejected)).toEqual([]);
  return window!.batches.flatMap(({ records }) => records);
}

describe('a chain that is in order', () => {
  const full = fullSpec(X, [[windowless('a', 1), windowless('b', 1)], [windowless('c', 1)]]);
  const first = windowSpec(X - 6 * MINUTE, X + HOUR, [[windowLine('a', 1, 2)], [windowLine('b', 1, null)]]);
  const second = windowSpec(X + HOUR, X + 2 * HOUR, [[windowLine('d', null, 1, 'NEW_IMAGE')]], 'NEW_IMAGE');

  function windowless(key: string, n: number): string {
    return itemLine({ Artist: { S: key }, n: { N: String(n) } });
  }

  test('is the full export and its windows, each with its time, its files and its rows', async () => {
    await using chain = await writeChain([full, first, second]);
    const readings = await readChain(chainOptions(chain.summaryUrls));
    expect(readings.map(({ snapshot }) => snapshot)).toMatchObject([
      { id: full.id, exportMs: X, partitions: 2, rows: 3 },
      { id: first.id, exportMs: X + HOUR, partitions: 2, rows: 2 },
      { id: second.id, exportMs: X + 2 * HOUR, partitions: 1, rows: 1 },
    ]);
    expect(readings.map(({ snapshot }) => snapshot.facts['summary'])).toEqual(chain.summaryUrls);
    expect(readings.map(({ partitions }) => partitions.map(({ id }) => id))).toEqual([
      ['data/full-0.json.gz', 'data/full-1.json.gz'],
      [`data/window-${X + HOUR}-0.json.gz`, `data/window-${X + HOUR}-1.json.gz`],
      [`data/window-${X + 2 * HOUR}-0.json.gz`],
    ]);
    const records = readings.flatMap(({ batches }) => batches.flatMap((batch) => batch.records));
    expect(rowsOf(records)).toEqual([
      ['r', { S: 'a' }, { N: '1' }],
      ['r', { S: 'b' }, { N: '1' }],
      ['r', { S: 'c' }, { N: '1' }],
      ['r', { S: 'a' }, { N: '2' }],
      ['d', undefined, undefined],
      ['r', { S: 'd' }, { N: '1' }],
    ]);
  });

  test('gives a delete its key, its place, the window’s time and no image at all', async () => {
    await using chain = await writeChain([full, first, second]);
    const [, window] = await readChain(chainOptions(chain.summaryUrls));
    expect(window!.batches.flatMap(({ records }) => records)[1]).toEqual({
      op: 'd',
      version: 1_718_000_000_000_000,
      table: 'Music',
      origin: { snapshot: first.id, file: `data/window-${X + HOUR}-1.json.gz`, line: 1 },
      timestampMs: X + HOUR,
      key: encodeKey(music.keySchema, new Map([['Artist', { S: 'b' }]])),
      before: null,
      after: null,
    });
  });

  test('is a full export alone where no window is named', async () => {
    await using chain = await writeChain([full]);
    expect(await readChain(chainOptions(chain.summaryUrls))).toHaveLength(1);
  });

  test.each<[string, number[][]]>([
    [
      'windows that overlap',
      [
        [X - HOUR, X + HOUR],
        [X, X + 2 * HOUR],
      ],
    ],
    [
      'a window that holds the one before it',
      [
        [X - HOUR, X + HOUR],
        [X - 2 * HOUR, X + 2 * HOUR],
      ],
    ],
    ['a first window that begins exactly slack before the full export', [[X - 5 * MINUTE, X + HOUR]]],
  ])('may have %s', async (_what, periods) => {
    const windows = periods.map(([from, to]) => windowSpec(from!, to!, [[windowLine('a', 1, 2)]]));
    await using chain = await writeChain([full, ...windows]);
    expect(await readChain(chainOptions(chain.summaryUrls))).toHaveLength(periods.length + 1);
  });

  test.each<[string, Partial<ExportSpec>]>([
    ['fields that are not known yet', { extraFields: true }],
    ['no exportType', { summary: { exportType: undefined } }],
    ['no outputView', { summary: { outputView: undefined } }],
    ['the view as the prose calls it', { summary: { outputView: 'NEW_IMAGES' } }],
    ['no times but those of the window', { summary: { startTime: undefined, endTime: undefined } }],
    [
      'no itemCount, ids or ARNs of its own',
      { summary: { itemCount: null, tableId: null, exportArn: null } },
    ],
  ])('may have a window with %s', async (_what, more) => {
    const window = windowSpec(X - HOUR, X + HOUR, [[windowLine('a', 1, 2)]], 'NEW_IMAGE', more);
    await using chain = await writeChain([full, window]);
    const [, reading] = await readChain(chainOptions(chain.summaryUrls));
    expect(reading!.snapshot).toMatchObject({ id: window.id, exportMs: X + HOUR });
    expect(reading!.batches.flatMap(({ records }) => records)).toHaveLength(1);
  });
});

describe('the files of windows', () => {
  const chainOf = (more: Partial<ExportSpec>) => [
    fullSpec(X, [[itemLine({ Artist: { S: 'a' } })]], more),
    windowSpec(X - HOUR, X + HOUR, [[windowLine('b', null, 1)]], 'NEW_IMAGE', more),
    windowSpec(X + HOUR, X + 2 * HOUR, [[windowLine('c', null, 1)]], 'NEW_IMAGE', more),
  ];
  const keysIn = async (urls: readonly string[]) =>
    (await readChain(chainOptions(urls))).map(({ batches }) =>
      batches.flatMap(({ records }) => rowsOf(records).map(([, artist]) => artist)),
    );
  const expected = [[{ S: 'a' }], [{ S: 'b' }], [{ S: 'c' }]];

  test('are found in the folder that they share, below a prefix and without one', async () => {
    for (const prefix of ['', 'messina/', 'a/b/']) {
      await using chain = await writeChain(chainOf({ prefix }));
      expect(await keysIn(chain.summaryUrls)).toEqual(expected);
    }
  });

  test('are found when all of it was copied below another folder, whole or without its prefix', async () => {
    await using chain = await writeChain(chainOf({ prefix: 'messina/' }));
    const [from, to] = [join(chain.directory, 'messina'), join(chain.directory, 'elsewhere', 'deep')];
    await mkdir(to, { recursive: true });
    await cp(from, to, { recursive: true });
    await rm(from, { recursive: true });
    const moved = chain.summaryUrls.map((url) => url.replace('/messina/', '/elsewhere/deep/'));
    expect(await keysIn(moved)).toEqual(expected);
    await rename(join(to, 'AWSDynamoDB'), join(to, 'exports'));
    expect(await keysIn(moved.map((url) => url.replace('/AWSDynamoDB/', '/exports/')))).toEqual(expected);
  });

  test('are found beside a manifest whose keys are relative', async () => {
    await using chain = await writeChain(chainOf({ keys: 'relative' }));
    expect(await keysIn(chain.summaryUrls)).toEqual(expected);
  });

  const lines = [windowLine('a', 1, 2), windowLine('b', 1, 2)];
  test.each<[string, Partial<ExportSpec['files'][number]>, ErrorCode]>([
    ['another MD5', { md5: md5Of('other') }, 'EXPORT_CHECKSUM'],
    ['more lines than the manifest says', { itemCount: 1 }, 'EXPORT_COUNT'],
    ['fewer lines than the manifest says', { itemCount: 3 }, 'EXPORT_COUNT'],
    ['an end too early', { md5: null, damage: (gz: Buffer) => gz.subarray(0, -9) }, 'EXPORT_GZIP'],
    ['no place', { missing: true }, 'EXPORT_FILE_MISSING'],
  ])('are refused with %s', async (_what, file, code) => {
    const window = { ...windowSpec(X - HOUR, X + HOUR, []), files: [{ name: 'w.json.gz', lines, ...file }] };
    await using chain = await writeChain([fullSpec(X, []), window]);
    await expect(readChain(chainOptions(chain.summaryUrls))).rejects.toMatchObject({ code });
  });

  test('are refused when they do not add up to what the summary says', async () => {
    const window = windowSpec(X - HOUR, X + HOUR, [lines], 'NEW_IMAGE', { summary: { itemCount: 3 } });
    await using chain = await writeChain([fullSpec(X, []), window]);
    await expect(readChain(chainOptions(chain.summaryUrls))).rejects.toMatchObject({ code: 'EXPORT_COUNT' });
  });
});

describe('a line of a window', () => {
  const keys = '"Keys":{"Artist":{"S":"a"}}';
  const metadata = '"Metadata":{"WriteTimestampMicros":{"N":"1718001234567890"}}';
  const image = '{"Artist":{"S":"a"},"n":{"N":"1"}}';

  test.each([
    ['its members in any order', `{"NewImage":${image},"OldImage":{},${keys},${metadata}}`],
    [
      'a bare number for its time',
      `{"Metadata":{"WriteTimestampMicros":1718001234567890},${keys},"NewImage":${image}}`,
    ],
    [
      'a text for its time',
      `{"Metadata":{"WriteTimestampMicros":"1718001234567890"},${keys},"NewImage":${image}}`,
    ],
    ['no time', `{"Metadata":{},${keys},"NewImage":${image}}`],
    ['spaces and a CR', ` { ${metadata} , ${keys} , "NewImage" : ${image} } \r`],
    ['members that are not known yet', `{${metadata},"Region":["x",{"y":1}],${keys},"NewImage":${image}}`],
    ['a key written in another way', `{${metadata},"Keys":{"Artist":{"S":"\\u0061"}},"NewImage":${image}}`],
    ['an old image of old types', `{${metadata},${keys},"OldImage":{"x":{"Q":1}},"NewImage":${image}}`],
  ])('may have %s', async (_what, line) => {
    expect(rowsOf(await recordsOf([line]))).toEqual([['r', { S: 'a' }, { N: '1' }]]);
  });

  test.each([
    ['absent', `{${metadata},${keys}}`],
    ['null', `{${metadata},${keys},"NewImage":null}`],
    ['empty', `{${metadata},${keys},"OldImage":${image},"NewImage":{ }}`],
  ])('is a delete when its new image is %s', async (_what, line) => {
    const [record] = await recordsOf([line]);
    expect(record).toMatchObject({ op: 'd', before: null, after: null });
    expect(record!.key).toEqual(encodeKey(music.keySchema, new Map([['Artist', { S: 'a' }]])));
  });

  const other = '{"Artist":{"S":"secret"}}';
  test.each<[string, string, ErrorCode]>([
    ['without Keys', `{${metadata},"NewImage":${other}}`, 'RECORD_ITEM_MISSING'],
    ['without Metadata', `{${keys},"NewImage":${image}}`, 'RECORD_ITEM_MISSING'],
    ['with a Metadata that is null', `{"Metadata":null,${keys}}`, 'RECORD_ITEM_MISSING'],
    ['with Keys that are null', `{${metadata},"Keys":null}`, 'RECORD_TYPE_UNKNOWN'],
    ['with empty Keys', `{${metadata},"Keys":{}}`, 'RECORD_KEY'],
    ['of a full export', `{"Item":${other}}`, 'RECORD_ITEM_MISSING'],
    ['with Keys of another item than NewImage', `{${metadata},${keys},"NewImage":${other}}`, 'RECORD_KEY'],
    ['with a NewImage without its key', `{${metadata},${keys},"NewImage":{"n":{"N":"1"}}}`, 'RECORD_KEY'],
    ['with a NewImage that is a text', `{${metadata},${keys},"NewImage":"secret"}`, 'RECORD_TYPE_UNKNOWN'],
    ['with a NewImage that is no JSON', `{${metadata},${keys},"NewImage":nothing}`, 'RECORD_NOT_JSON'],
    [
      'with two new images',
      `{${metadata},${keys},"NewImage":null,"NewImage":${other}}`,
      'RECORD_DUPLICATE_NAME',
    ],
    ['with two keys', `{${metadata},${keys},${keys}}`, 'RECORD_DUPLICATE_NAME'],
    ['with something behind it', `{${metadata},${keys}} x`, 'RECORD_NOT_JSON'],
    ['that is cut off', `{${metadata},${keys},"NewImage":${image}`, 'RECORD_NOT_JSON'],
    [
      'with a number of 39 digits',
      `{${metadata},${keys},"NewImage":{"Artist":{"S":"a"},"n":{"N":"${'1'.repeat(39)}"}}}`,
      'RECORD_NUMBER',
    ],
  ])('is set aside with its bytes: %s', async (_what, bad, code) => {
    const lines = [windowLine('x', null, 1), bad, windowLine('y', 1, null)];
    await using chain = await writeChain([fullSpec(X, []), windowSpec(X - HOUR, X + HOUR, [lines])]);
    const [, window] = await readChain(chainOptions(chain.summaryUrls));
    expect(window!.batches.flatMap(({ records }) => records)).toHaveLength(2);
    const [rejected, ...more] = window!.batches.flatMap((batch) => batch.rejected);
    expect(more).toEqual([]);
    expect(rejected!.bytes.toString()).toBe(bad);
    expect(rejected!.error.code).toBe(code);
    expect(rejected!.error.detail).toMatchObject({ table: 'Music', line: 2 });
    expect(rejected!.error.message).not.toContain('secret');
  });
});
