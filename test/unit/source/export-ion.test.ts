import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { SourceBatch } from '../../../connectors/connector.ts';
import type { ErrorCode } from '../../../connectors/errors.ts';
import type { ChangeRecord } from '../../../schemas/change.ts';
import {
  artists,
  chainOptions,
  type ExportSpec,
  itemLine,
  md5Of,
  optionsFor,
  readAll,
  readChain,
  readPartition,
  song,
  writeChain,
  writeExport,
} from './export-fixture.ts';
import { fullSpec, windowLine, windowSpec } from './export-history.ts';
import { inIon, ionLine } from './ion-fixture.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const X = Date.parse('2024-06-10T06:13:20Z');

const everyType = itemLine({
  Artist: { S: 'every "type"\n' },
  N: { N: '19.95' },
  B: { B: 'AP8Q' },
  BOOL: { BOOL: false },
  NULL: { NULL: true },
  M: { M: { 'a b': { L: [{ N: '600' }, { M: {} }, { L: [] }] } } },
  SS: { SS: ['x', ''] },
  NS: { NS: ['-1.5', '42', '1000'] },
  BS: { BS: ['AQ==', 'Ag=='] },
});

const recordsOf = (batches: readonly SourceBatch[]): ChangeRecord[] =>
  batches.flatMap(({ records }) => records);

/** What a record is, but for the ending of its file. */
const plain = ({ origin, key, after, ...rest }: ChangeRecord) => ({
  ...rest,
  origin: JSON.stringify(origin).replace('.ion.gz', '.json.gz'),
  key: key.toString('hex'),
  after: after?.avro.toString('hex') ?? null,
});

const spelled = [
  ['as DynamoDB writes it', undefined],
  ['in every other spelling', 17],
] as const;

describe('an export in Amazon Ion', () => {
  test.each(spelled)('%s gives the very records of the same export in DynamoDB JSON', async (_, seed) => {
    const rows = Array.from({ length: 500 }, (__, i) => song(`artist-${i}`, { n: { N: `${i * 100}` } }));
    const json: ExportSpec = {
      files: [
        { name: 'a.json.gz', lines: [everyType, ...rows] },
        { name: 'b.json.gz', lines: [] },
      ],
    };
    await using inJson = await writeExport(json);
    await using written = await writeExport(inIon(json, seed));
    const expected = await readAll(optionsFor(inJson.summaryUrl));
    const found = await readAll(optionsFor(written.summaryUrl));
    expect(recordsOf(found.batches).map(plain)).toEqual(recordsOf(expected.batches).map(plain));
    expect(found.batches.flatMap(({ rejected }) => rejected)).toEqual([]);
    expect(found.partitions.map(({ id }) => id)).toEqual(['data/a.ion.gz', 'data/b.ion.gz']);
    expect(found.snapshot.rows).toBe(501);
  });

  test.each(spelled)(
    '%s may be of windows, and windows of either format may follow the other',
    async (_, seed) => {
      const lines = [
        windowLine('a', 1, 2),
        windowLine('b', 1, null),
        windowLine('c', null, 600, 'NEW_IMAGE'),
      ];
      const specs = [
        fullSpec(X, [[song('a'), song('b')]]),
        windowSpec(X - HOUR, X + HOUR, [lines]),
        windowSpec(X + HOUR, X + 2 * HOUR, [[windowLine('a', 2, null, 'NEW_IMAGE')]], 'NEW_IMAGE'),
      ];
      await using inJson = await writeChain(specs);
      const expected = await readChain(chainOptions(inJson.summaryUrls));
      for (const ions of [[0, 1, 2], [0], [1]]) {
        await using chain = await writeChain(
          specs.map((spec, i) => (ions.includes(i) ? inIon(spec, seed) : spec)),
        );
        const found = await readChain(chainOptions(chain.summaryUrls));
        const records = (readings: typeof found) =>
          readings.map(({ batches }) => recordsOf(batches).map(plain));
        expect(records(found)).toEqual(records(expected));
      }
    },
  );

  test('is read on from any position', async () => {
    const rows = Array.from({ length: 9000 }, (_, i) => song(`artist-${i}`));
    const spec = inIon({ files: [{ name: 'a.json.gz', lines: rows }] });
    await using written = await writeExport(spec);
    const options = optionsFor(written.summaryUrl);
    const { snapshot, partitions, batches } = await readAll(options);
    expect(batches.length).toBeGreaterThan(2);
    let seen = 0;
    for (const { records, position } of batches) {
      seen += records.length;
      const rest = await readPartition(options, partitions[0]!, snapshot, position);
      expect(artists(rest)).toEqual(artists(batches).slice(seen));
    }
  });
});

async function failureOf(spec: ExportSpec): Promise<{ code?: ErrorCode; message?: string; detail?: object }> {
  await using written = await writeExport(spec);
  return await readAll(optionsFor(written.summaryUrl)).then(
    () => ({}),
    (error: { code?: ErrorCode; message?: string; detail?: object }) => error,
  );
}

describe('an Ion export that is not in order', () => {
  const lines = [ionLine(song('x')), ionLine(song('y'))];
  const one = (file: Partial<ExportSpec['files'][number]>): ExportSpec => ({
    files: [{ name: 'a.ion.gz', lines, ...file }],
    summary: { outputFormat: 'ION' },
  });
  const plainBytes = (...parts: readonly (string | Buffer)[]) =>
    Buffer.concat(parts.map((part) => Buffer.from(part as string)));

  test.each<[string, ExportSpec, ErrorCode]>([
    ['a wrong MD5 of a file', one({ md5: md5Of('other') }), 'EXPORT_CHECKSUM'],
    ['a file changed since', one({ damage: () => gzipSync(`${lines.join('\n')}\n `) }), 'EXPORT_CHECKSUM'],
    ['too many items in a file', one({ itemCount: 1 }), 'EXPORT_COUNT'],
    ['too few items in a file', one({ itemCount: 3 }), 'EXPORT_COUNT'],
    ['no gzip', one({ compressed: plainBytes(lines[0]!) }), 'EXPORT_GZIP'],
  ])('is refused for %s', async (_, spec, code) => {
    expect((await failureOf(spec)).code).toBe(code);
  });

  test.each<[string, Buffer, number, string]>([
    ['binary Ion', plainBytes(Buffer.from('e00100ea', 'hex'), 'x\ny'), 1, 'binary Ion'],
    ['another version of Ion', plainBytes('$ion_1_1 {Item:{Artist:"secret"}}'), 1, 'Ion 1.1'],
    [
      'a struct over several lines',
      plainBytes(`${lines[0]}\n{\n  Item:{Artist:"secret"}\n}\n`),
      2,
      'ends before',
    ],
    [
      'a long string in which a line could pass for a record',
      plainBytes(`${lines[0]}\n{Item:{Artist:"secret",Text:'''\n${lines[1]}\n'''}}\n`),
      2,
      'ends before',
    ],
  ])('is refused as a whole for %s, whatever the tolerance', async (_, bytes, line, words) => {
    const failure = await failureOf(one({ lines: bytes, itemCount: 3 }));
    expect(failure.code).toBe('EXPORT_ION_UNREADABLE');
    expect(failure.detail).toMatchObject({ table: 'Music', file: 'data/a.ion.gz', line });
    expect(failure.message).toContain(`data/a.ion.gz, line ${line}`);
    expect(failure.message).toContain(words);
    expect(failure.message).not.toContain('secret');
  });

  test.each<[string, string, ErrorCode, string | undefined]>([
    ['an empty line', '', 'RECORD_ITEM_MISSING', undefined],
    ['no Ion', 'secret', 'RECORD_NOT_ION', undefined],
    ['something behind the record', `${lines[0]} {}`, 'RECORD_NOT_ION', undefined],
    ['a symbol table', '$ion_1_0 $ion_symbol_table::{symbols:["secret"]}', 'RECORD_NOT_ION', undefined],
    ['no item', '$ion_1_0 {Keys:{Artist:"secret"}}', 'RECORD_ITEM_MISSING', undefined],
    ['an item without key', '{Item:{Price:1.}}', 'RECORD_KEY', undefined],
    ['a key of another type', '{Item:{Artist:1.}}', 'RECORD_KEY', undefined],
    ['a line of DynamoDB JSON', song('secret'), 'RECORD_KEY', undefined],
    ['a float', '{Item:{Artist:"a",Price:1e0}}', 'RECORD_TYPE_UNKNOWN', 'Price'],
    ['39 digits', `{Item:{Artist:"a",Price:${'1'.repeat(39)}.}}`, 'RECORD_NUMBER', 'Price'],
    ['bad base64', '{Item:{Artist:"a",Price:{{secret!}}}}', 'RECORD_BINARY', 'Price'],
    ['an empty set', '{Item:{Artist:"a",Price:$dynamodb_SS::[]}}', 'RECORD_SET', 'Price'],
    ['a name twice', '{Item:{Artist:"a",\'Artist\':"b"}}', 'RECORD_DUPLICATE_NAME', 'Artist'],
  ])('has a bad line set aside with its bytes: %s', async (_, bad, code, attribute) => {
    const spec = one({ lines: [lines[0]!, bad, lines[1]!] });
    await using written = await writeExport(spec);
    const { batches } = await readAll(optionsFor(written.summaryUrl));
    expect(artists(batches)).toEqual(['x', 'y']);
    const [rejected, ...more] = batches.flatMap((batch) => batch.rejected);
    expect(more).toEqual([]);
    expect(rejected!.bytes).toEqual(Buffer.from(bad));
    const { error } = rejected!;
    expect(error.code).toBe(code);
    expect(error.detail).toMatchObject({ table: 'Music', file: 'data/a.ion.gz', line: 2 });
    expect(error.detail['attribute']).toBe(attribute);
    expect(error.message).toContain('data/a.ion.gz, line 2');
    expect(error.message).not.toContain('secret');
  });

  test.each<[string, string, ErrorCode]>([
    ['no Metadata', '{Keys:{Artist:"a"}}', 'RECORD_ITEM_MISSING'],
    ['Metadata that is no struct', '{Metadata:[{}],Keys:{Artist:"a"}}', 'RECORD_ITEM_MISSING'],
    ['no Keys', '{Metadata:{},NewImage:{Artist:"a"}}', 'RECORD_ITEM_MISSING'],
    ['Keys that are null', '{Metadata:{},Keys:null.struct}', 'RECORD_TYPE_UNKNOWN'],
    [
      'a new image that is no struct',
      '{Metadata:{},Keys:{Artist:"a"},NewImage:"secret"}',
      'RECORD_TYPE_UNKNOWN',
    ],
    ['a new image of another key', '{Metadata:{},Keys:{Artist:"a"},NewImage:{Artist:"b"}}', 'RECORD_KEY'],
    ['a member twice', '{Metadata:{},Keys:{Artist:"a"},OldImage:{},OldImage:{}}', 'RECORD_DUPLICATE_NAME'],
  ])('has a bad line of a window set aside: %s', async (_, bad, code) => {
    const window = windowSpec(X - HOUR, X + HOUR, [[ionLine(windowLine('a', 1, 2)), bad]]);
    const ion = { ...window, summary: { outputFormat: 'ION' } };
    await using chain = await writeChain([fullSpec(X, []), ion]);
    const [, found] = await readChain(chainOptions(chain.summaryUrls));
    const rejected = found!.batches.flatMap((batch) => batch.rejected);
    expect([recordsOf(found!.batches).length, rejected.map(({ error }) => error.code)]).toEqual([1, [code]]);
    expect(rejected[0]!.error.message).not.toContain('secret');
  });

  test('is not read as DynamoDB JSON where its manifest says so', async () => {
    await using written = await writeExport({ files: [{ name: 'a.ion.gz', lines }] });
    const { batches } = await readAll(optionsFor(written.summaryUrl));
    const codes = batches.flatMap(({ rejected }) => rejected.map(({ error }) => error.code));
    expect([recordsOf(batches), codes]).toEqual([[], ['RECORD_NOT_JSON', 'RECORD_NOT_JSON']]);
  });
});
