import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../connectors/errors.ts';
import { encodeKey } from '../../../schemas/key.ts';
import { s3ExportSource } from '../../../source/export/connector.ts';
import {
  artists,
  EXPORT_ID,
  type ExportSpec,
  exportFiles,
  itemLine,
  md5Of,
  music,
  optionsFor,
  readAll,
  readPartition,
  song,
  TABLE_ARN,
  testContext,
  writeExport,
} from './export-fixture.ts';
import { asked } from './snapshot-asked.ts';

const two = [
  { name: 'aaaa.json.gz', lines: [song('x'), song('y')] },
  { name: 'bbbb.json.gz', lines: [song('z')] },
];

async function codeOf(spec: ExportSpec): Promise<ErrorCode | 'none'> {
  await using written = await writeExport(spec);
  const failure = await readAll(optionsFor(written.summaryUrl)).then(
    () => null,
    (error: unknown) => error,
  );
  if (failure === null) return 'none';
  expect(failure).toHaveProperty('code');
  return (failure as { code: ErrorCode }).code;
}

async function firstOf<T>(values: AsyncIterable<T>): Promise<T> {
  for await (const value of values) return value;
  throw new Error('nothing came');
}

describe('an export that is in order', () => {
  test('gives every item of every file, with its place and the export time', async () => {
    await using written = await writeExport({ files: two, prefix: 'messina/' });
    const { snapshot, partitions, batches } = await readAll(optionsFor(written.summaryUrl));
    expect(snapshot).toMatchObject({
      id: EXPORT_ID,
      exportMs: Date.parse('2024-06-10T06:13:20Z'),
      arn: `${TABLE_ARN}/export/${EXPORT_ID}`,
      partitions: 2,
      rows: 3,
    });
    expect(partitions.map((p) => [p.id, p.expectedRecords, p.after])).toEqual([
      ['data/aaaa.json.gz', 2, []],
      ['data/bbbb.json.gz', 1, []],
    ]);
    expect(artists(batches)).toEqual(['x', 'y', 'z']);
    const second = batches[0]?.records[1];
    expect(second).toMatchObject({
      op: 'r',
      version: 1_718_000_000_000_000,
      table: 'Music',
      timestampMs: Date.parse('2024-06-10T06:13:20Z'),
      before: null,
      origin: { snapshot: EXPORT_ID, file: 'data/aaaa.json.gz', line: 2 },
    });
    expect(second?.key).toEqual(encodeKey(music.keySchema, new Map([['Artist', { S: 'y' }]])));
    expect(JSON.parse(second?.after?.json.toString() ?? '')).toEqual({
      Artist: { S: 'y' },
      Price: { N: '9.5' },
    });
  });

  test.each<[string, ExportSpec]>([
    ['without a prefix', { files: two }],
    ['with keys relative to the manifest', { files: two, keys: 'relative' }],
    ['copied to another folder', { files: two, prefix: 'p/', folder: 'elsewhere/' }],
    ['copied with relative keys', { files: two, keys: 'relative', folder: 'deep/er/' }],
    ['copied to the root of the bucket', { files: two, folder: '' }],
    ['with checksum files called .checksum', { files: two, checksums: 'checksum' }],
    ['without checksum files', { files: two, checksums: 'none' }],
    ['with fields nobody knows', { files: two, extraFields: true }],
    ['without exportTime', { files: two, summary: { exportTime: undefined } }],
    ['without tableId', { files: two, summary: { tableId: undefined } }],
    ['with nulls where fields may be absent', { files: two, summary: { tableId: null, itemCount: null } }],
    ['that says FULL_EXPORT', { files: two, summary: { exportType: 'FULL_EXPORT' } }],
    ['without file MD5s', { files: two.map((file) => ({ ...file, md5: null })) }],
    ['without outputFormat', { files: two, summary: { outputFormat: undefined } }],
  ])('is read %s', async (_what, spec) => {
    await using written = await writeExport(spec);
    const { batches, partitions } = await readAll(optionsFor(written.summaryUrl));
    expect(artists(batches)).toEqual(['x', 'y', 'z']);
    expect(partitions.map((p) => p.id)).toEqual(['data/aaaa.json.gz', 'data/bbbb.json.gz']);
  });

  test('takes startTime for X where exportTime is absent', async () => {
    await using written = await writeExport({ files: two, summary: { exportTime: undefined } });
    const { snapshot } = await readAll(optionsFor(written.summaryUrl));
    expect(snapshot.exportMs).toBe(Date.parse('2024-06-10T06:13:21Z'));
  });

  test('may have empty files, of no bytes or of an empty gzip, and a last line without LF', async () => {
    const files = [
      { name: 'a.json.gz', lines: [], compressed: Buffer.alloc(0) },
      { name: 'b.json.gz', lines: [] },
      { name: 'c.json.gz', lines: Buffer.from(song('last')), itemCount: 1 },
      { name: 'd.json.gz', lines: Buffer.from(`${song('r')}\r\n${song('s')}\r\n`), itemCount: 2 },
    ];
    await using written = await writeExport({ files });
    const { batches } = await readAll(optionsFor(written.summaryUrl));
    expect(artists(batches)).toEqual(['last', 'r', 's']);
    expect(batches.map((b) => b.done)).toEqual([true, true, true, true]);
  });

  test('may have no files at all', async () => {
    await using written = await writeExport({ files: [] });
    const { snapshot, batches } = await readAll(optionsFor(written.summaryUrl));
    expect([snapshot.partitions, snapshot.rows, batches]).toEqual([0, 0, []]);
  });

  test('cuts lines at LF only: U+2028 is a character, and gzip members join', async () => {
    const text = `${song('a\u2028b')}\n`;
    const compressed = Buffer.concat([gzipSync(text), gzipSync(`${song('c')}\n`)]);
    await using written = await writeExport({ files: [{ name: 'm.json.gz', lines: ['', ''], compressed }] });
    const { batches } = await readAll(optionsFor(written.summaryUrl));
    expect(artists(batches)).toEqual(['a\u2028b', 'c']);
  });
});

describe('an export that is not in order', () => {
  const ok = [song('x'), song('y')];
  const one = (file: Partial<ExportSpec['files'][number]>): ExportSpec => ({
    files: [{ name: 'a.json.gz', lines: ok, ...file }],
  });
  const flipped = (gz: Buffer): Buffer => {
    const damaged = Buffer.from(gz);
    damaged[20] = (damaged[20] ?? 0) ^ 0xff;
    return damaged;
  };

  test.each<[string, ExportSpec, ErrorCode]>([
    ['a wrong MD5 of a file', one({ md5: md5Of('other') }), 'EXPORT_CHECKSUM'],
    [
      'a file changed since',
      one({ damage: () => gzipSync(`${song('x')}\n${song('q')}\n`) }),
      'EXPORT_CHECKSUM',
    ],
    ['a file cut off since', one({ damage: (gz) => gz.subarray(0, gz.length - 9) }), 'EXPORT_CHECKSUM'],
    ['a cut off file without MD5', one({ md5: null, damage: (gz) => gz.subarray(0, -9) }), 'EXPORT_GZIP'],
    [
      'a cut off file with its own MD5',
      one({ compressed: gzipSync(ok.join('\n')).subarray(0, -3) }),
      'EXPORT_GZIP',
    ],
    ['a damaged file without MD5', one({ md5: null, damage: flipped }), 'EXPORT_GZIP'],
    ['a file that is no gzip', one({ compressed: Buffer.from(`${song('x')}\n`) }), 'EXPORT_GZIP'],
    ['too many items in a file', one({ itemCount: 1 }), 'EXPORT_COUNT'],
    ['too few items in a file', one({ itemCount: 3 }), 'EXPORT_COUNT'],
    ['items in an empty file', one({ compressed: Buffer.alloc(0) }), 'EXPORT_COUNT'],
    ['a wrong sum', { files: two, summary: { itemCount: 4 } }, 'EXPORT_COUNT'],
    ['a missing file', one({ missing: true }), 'EXPORT_FILE_MISSING'],
    ['a wrong MD5 of the summary', { files: two, checksums: 'wrong-summary' }, 'EXPORT_CHECKSUM'],
    ['a wrong MD5 of the files manifest', { files: two, checksums: 'wrong-files' }, 'EXPORT_CHECKSUM'],
    ['another table', { files: two, summary: { tableArn: `${TABLE_ARN}2` } }, 'EXPORT_OTHER_TABLE'],
    ['another TableId', { files: two, summary: { tableId: 'another' } }, 'EXPORT_OTHER_TABLE'],
    ['no time', { files: two, summary: { exportTime: null, startTime: null } }, 'EXPORT_MANIFEST_INVALID'],
    [
      'a time without a zone',
      { files: two, summary: { exportTime: '2024-06-10T06:13:20' } },
      'EXPORT_MANIFEST_INVALID',
    ],
    ['a window', { files: two, summary: { exportType: 'INCREMENTAL_EXPORT' } }, 'EXPORT_MANIFEST_INVALID'],
    ['another format', { files: two, summary: { outputFormat: 'CSV' } }, 'EXPORT_MANIFEST_INVALID'],
    ['a wrong itemCount', { files: two, summary: { itemCount: '3' } }, 'EXPORT_MANIFEST_INVALID'],
    ['no table', { files: two, summary: { tableArn: null, exportArn: null } }, 'EXPORT_MANIFEST_INVALID'],
    ['a file named twice', { files: [two[0]!, two[0]!] }, 'EXPORT_MANIFEST_INVALID'],
    ['a key that leads out', one({ key: '../../etc/passwd' }), 'EXPORT_MANIFEST_INVALID'],
    ['a malformed MD5', one({ md5: 'abc' }), 'EXPORT_MANIFEST_INVALID'],
  ])('is refused for %s', async (_what, spec, code) => {
    expect(await codeOf(spec)).toBe(code);
  });

  test('is refused without its manifests', async () => {
    await using written = await writeExport({ files: two });
    const missing = optionsFor(written.summaryUrl.replace(EXPORT_ID, 'nowhere'));
    await expect(readAll(missing)).rejects.toMatchObject({ code: 'EXPORT_MANIFEST_MISSING' });
    await rm(join(written.directory, 'AWSDynamoDB', EXPORT_ID, 'manifest-files.json'));
    await expect(readAll(optionsFor(written.summaryUrl))).rejects.toMatchObject({
      code: 'EXPORT_MANIFEST_MISSING',
    });
    const other = optionsFor(written.summaryUrl, { manifests: {} });
    await expect(readAll(other)).rejects.toMatchObject({ code: 'EXPORT_MANIFEST_MISSING' });
  });

  test.each(['not json', '[]', '"x"', ''])('is refused when its summary is %j', async (content) => {
    await using written = await writeExport({ files: two, checksums: 'none' });
    await writeFile(new URL(written.summaryUrl), content);
    await expect(readAll(optionsFor(written.summaryUrl))).rejects.toMatchObject({
      code: 'EXPORT_MANIFEST_INVALID',
    });
  });

  test('is refused when another one lies in its place after it was begun', async () => {
    await using written = await writeExport({ files: two });
    const options = optionsFor(written.summaryUrl);
    const { snapshot } = await readAll(options);
    await using other = await writeExport({
      files: two,
      summary: { exportTime: '2024-06-11T06:13:20.000Z' },
    });
    await cp(other.directory, written.directory, { recursive: true });
    const discovered = s3ExportSource.discover(options, music, snapshot, testContext());
    await expect(discovered[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'EXPORT_MANIFEST_INVALID',
    });
  });
});

describe('a damaged file', () => {
  test('gives no row before its damage is found, and all of them once it is right again', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => song(`artist-${i}`));
    const file = { name: 'a.json.gz', lines: rows };
    const wrong = rows.with(4999, song('artist-wrong'));
    const damage = () => gzipSync(`${wrong.join('\n')}\n`);
    await using written = await writeExport({ files: [{ ...file, damage }] });
    const options = optionsFor(written.summaryUrl);
    const context = testContext();
    const [snapshot] = await s3ExportSource.take(options, music, asked(), context);
    const partition = await firstOf(s3ExportSource.discover(options, music, snapshot, context));
    const from = { position: null, parents: [], table: music, snapshot, version: 1 };
    {
      await using reader = await s3ExportSource.open(options, partition, from, context);
      await expect(reader.poll()).rejects.toMatchObject({
        code: 'EXPORT_CHECKSUM',
        detail: { file: 'data/a.json.gz' },
      });
    }
    const right = exportFiles({ files: [file] }).get(`AWSDynamoDB/${EXPORT_ID}/data/a.json.gz`);
    await writeFile(join(written.directory, 'AWSDynamoDB', EXPORT_ID, 'data', 'a.json.gz'), right!);
    const batches = await readPartition(options, partition, snapshot, null);
    expect(artists(batches)).toHaveLength(5000);
  });
});

describe('a bad line', () => {
  const deep = (levels: number): object => (levels === 0 ? { S: 'x' } : { L: [deep(levels - 1)] });
  const withAttribute = (value: unknown) => itemLine({ Artist: { S: 'bad' }, Price: value });

  test.each<[string, string | Buffer, ErrorCode, string | undefined]>([
    ['no JSON', 'not json', 'RECORD_NOT_JSON', undefined],
    ['an empty line', '', 'RECORD_NOT_JSON', undefined],
    ['half a line', song('secret-value').slice(0, 30), 'RECORD_NOT_JSON', 'Artist'],
    ['something behind the item', `${song('secret-value')} x`, 'RECORD_NOT_JSON', undefined],
    ['no item', '{"Keys":{}}', 'RECORD_ITEM_MISSING', undefined],
    ['an item without key', itemLine({ Price: { N: '1' } }), 'RECORD_KEY', undefined],
    ['a key of another type', itemLine({ Artist: { N: '1' } }), 'RECORD_KEY', undefined],
    ['an empty key', itemLine({ Artist: { S: '' } }), 'RECORD_KEY', undefined],
    ['an unknown type', withAttribute({ X: 'secret-value' }), 'RECORD_TYPE_UNKNOWN', 'Price'],
    ['a JSON number', withAttribute({ N: 5 }), 'RECORD_TYPE_UNKNOWN', 'Price'],
    ['39 digits', withAttribute({ N: '1'.repeat(39) }), 'RECORD_NUMBER', 'Price'],
    ['no number', withAttribute({ N: 'secret-value' }), 'RECORD_NUMBER', 'Price'],
    ['bad base64', withAttribute({ B: 'secret!' }), 'RECORD_BINARY', 'Price'],
    ['33 levels', withAttribute(deep(33)), 'RECORD_NESTING', 'Price'],
    ['an empty set', withAttribute({ SS: [] }), 'RECORD_SET', 'Price'],
    ['a name twice', '{"Item":{"Artist":{"S":"a"},"Artist":{"S":"b"}}}', 'RECORD_DUPLICATE_NAME', 'Artist'],
    ['half a surrogate pair', '{"Item":{"Artist":{"S":"\\ud800"}}}', 'RECORD_TEXT', 'Artist'],
    ['no UTF-8', Buffer.from('{"Item":{"Artist":{"S":"\xff"}}}', 'latin1'), 'RECORD_TEXT', 'Artist'],
  ])('is set aside with its bytes: %s', async (_what, bad, code, attribute) => {
    const bytes = Buffer.from(bad);
    const plain = Buffer.concat([Buffer.from(`${song('x')}\n`), bytes, Buffer.from(`\n${song('y')}\n`)]);
    await using written = await writeExport({ files: [{ name: 'a.json.gz', lines: plain, itemCount: 3 }] });
    const { batches } = await readAll(optionsFor(written.summaryUrl));
    expect(artists(batches)).toEqual(['x', 'y']);
    const rejected = batches.flatMap((batch) => batch.rejected);
    expect(rejected).toHaveLength(1);
    expect(rejected[0]?.bytes).toEqual(bytes);
    const { error } = rejected[0]!;
    expect(error.code).toBe(code);
    expect(error.detail).toMatchObject({ table: 'Music', file: 'data/a.json.gz', line: 2 });
    expect(error.detail['attribute']).toBe(attribute);
    expect(error.message).toContain('data/a.json.gz, line 2');
    expect(error.message).not.toContain('secret');
    expect(batches.at(-1)?.position).toEqual({ line: 3, done: true });
  });
});

describe('a position', () => {
  test('leads to exactly the rest, wherever it was taken', async () => {
    const rows = Array.from({ length: 9000 }, (_, i) => (i === 4321 ? 'bad' : song(`artist-${i}`)));
    await using written = await writeExport({ files: [{ name: 'a.json.gz', lines: rows }] });
    const options = optionsFor(written.summaryUrl);
    const { snapshot, partitions, batches } = await readAll(options);
    const all = artists(batches);
    expect(all).toHaveLength(8999);
    expect(batches.length).toBeGreaterThan(2);
    let seen = 0;
    for (const batch of batches) {
      seen += batch.records.length;
      const rest = await readPartition(options, partitions[0]!, snapshot, batch.position);
      expect(artists(rest)).toEqual(all.slice(seen));
      expect(rest.at(-1)).toMatchObject({ done: true, position: { line: 9000, done: true } });
    }
  });

  test('of a batch is reached within bounds of rows and bytes', async () => {
    const rows = Array.from({ length: 400 }, (_, i) =>
      song(`artist-${i}`, { Text: { S: 'x'.repeat(10_000) } }),
    );
    await using written = await writeExport({ files: [{ name: 'a.json.gz', lines: rows }] });
    const { batches } = await readAll(optionsFor(written.summaryUrl));
    for (const batch of batches) {
      expect(batch.bytes).toBeLessThan(1.5 * 1024 * 1024);
      expect(batch.records.length).toBeLessThanOrEqual(4000);
    }
    expect(artists(batches)).toHaveLength(400);
  });
});
