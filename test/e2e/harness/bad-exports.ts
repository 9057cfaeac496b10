import { gzipSync } from 'node:zlib';
import { type DataFileSpec, itemLine, md5Of } from '../../unit/source/export-fixture.ts';
import { type BadCase, exportOf, unread } from './bad-case.ts';

/** A line of an export: an item of the table `Music`. */
export const line = (title: string, more: object = {}) =>
  itemLine({ Artist: { S: 'a' }, SongTitle: { S: title }, Price: { N: '9.5' }, ...more });

const file = 'data/aaaa.json.gz';

/** An export of one data file. */
const one = (spec: Partial<DataFileSpec>): BadCase['given'] => {
  return (world) => exportOf(world, { files: [{ name: 'aaaa.json.gz', lines: good, ...spec }] });
};

const good = [line('1'), line('2'), line('3')];

/** A file whose second line of three is bad. */
const withLine = (bad: string) => one({ lines: [line('1'), bad, line('3')] });

/** The case of a bad line: named by file and line, and nothing of its file is published. */
const badLine = (
  name: string,
  code: string,
  bad: string,
  place: readonly (string | RegExp)[] = [],
): BadCase => ({
  name,
  given: withLine(bad),
  exit: 1,
  code,
  place: ['table: Music', `file: ${file}`, /^ {2}line: 2$/m, ...place],
  after: unread(),
});

const cutOff = gzipSync(Buffer.from(good.map((text) => `${text}\n`).join(''))).subarray(0, -12);
const bomb = gzipSync(Buffer.alloc(192 << 20, 'x'), { level: 1 });

/** Files that are damaged, missing or another's. */
export const badFiles: readonly BadCase[] = [
  {
    name: 'a data file with another MD5 than its manifest says',
    given: one({
      damage: (gz) => Buffer.concat([gz.subarray(0, 20), Buffer.from([gz[20]! ^ 1]), gz.subarray(21)]),
    }),
    exit: 1,
    code: 'EXPORT_CHECKSUM',
    place: ['table: Music', `file: ${file}`],
    after: unread(),
  },
  {
    name: 'a data file that is cut off, though its MD5 fits',
    given: one({ compressed: cutOff }),
    exit: 1,
    code: 'EXPORT_GZIP',
    place: ['table: Music', `file: ${file}`, /is cut off/],
    after: unread(),
  },
  {
    name: 'a data file that is no gzip',
    given: one({ compressed: Buffer.from(`${good.join('\n')}\n`) }),
    exit: 1,
    code: 'EXPORT_GZIP',
    place: ['table: Music', `file: ${file}`],
    after: unread(),
  },
  {
    name: 'a data file with fewer items than its manifest says',
    given: one({ itemCount: 4 }),
    exit: 1,
    code: 'EXPORT_COUNT',
    place: ['table: Music', `file: ${file}`, 'expected: 4', 'actual: 3'],
    after: unread(),
  },
  {
    name: 'a data file with more items than its manifest says',
    given: one({ itemCount: 2 }),
    exit: 1,
    code: 'EXPORT_COUNT',
    place: ['table: Music', `file: ${file}`, 'expected: 2', 'actual: 3'],
    after: unread(),
  },
  {
    name: 'a summary whose count is not that of its files',
    given: (world) =>
      exportOf(world, { files: [{ name: 'aaaa.json.gz', lines: good }], summary: { itemCount: 4 } }),
    exit: 1,
    code: 'EXPORT_COUNT',
    place: [/url: file:.*manifest-files\.json/, 'expected: 4', 'actual: 3'],
    after: 'nothing',
  },
  {
    name: 'a manifest with another MD5 than the file beside it says',
    given: (world) =>
      exportOf(world, { files: [{ name: 'aaaa.json.gz', lines: good }], checksums: 'wrong-files' }),
    exit: 1,
    code: 'EXPORT_CHECKSUM',
    place: [/url: file:.*manifest-files\.json/],
    after: 'nothing',
  },
  {
    name: 'a missing data file, found before the start',
    given: one({ missing: true }),
    exit: 1,
    code: 'EXPORT_FILE_MISSING',
    place: ['table: Music', /url: file:.*aaaa\.json\.gz/],
    after: 'nothing',
  },
  {
    name: 'a missing data file among many, found when it is to be read',
    given: (world) => {
      const files = ['a', 'b', 'c'].map((name) => ({
        name: `${name}.json.gz`,
        lines: [],
        missing: name === 'b',
      }));
      return exportOf(world, { files });
    },
    exit: 1,
    code: 'EXPORT_FILE_MISSING',
    place: ['table: Music', /b\.json\.gz/],
    after: { snapshot: { files: 3, published: 0 } },
  },
  {
    name: 'a manifest-summary.json that is not there',
    given: async () => ({
      tables: ['Music'],
      source: { changes: 'none' },
      snapshot: { from: 'manifest', manifests: { Music: 'file:///nowhere/manifest-summary.json' } },
    }),
    exit: 4,
    code: 'EXPORT_MANIFEST_MISSING',
    place: ['url: file:///nowhere/manifest-summary.json'],
    after: 'nothing',
  },
  {
    name: 'an export of another table',
    given: (world) =>
      exportOf(world, {
        files: [{ name: 'aaaa.json.gz', lines: good }],
        summary: { tableArn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/Books' },
      }),
    exit: 4,
    code: 'EXPORT_OTHER_TABLE',
    place: ['table: Music', '"Books"'],
    after: 'nothing',
  },
  {
    name: 'a gzip bomb',
    given: one({ compressed: bomb, itemCount: 1, md5: md5Of(bomb) }),
    exit: 1,
    code: 'EXPORT_LINE_TOO_LONG',
    place: ['table: Music', `file: ${file}`, /^ {2}line: 1$/m],
    after: unread(),
  },
  {
    name: 'a giant line behind a good one',
    given: withLine(line('2', { Text: { S: 'y'.repeat(9 << 20) } })),
    exit: 1,
    code: 'EXPORT_LINE_TOO_LONG',
    place: ['table: Music', `file: ${file}`, /^ {2}line: 2$/m],
    after: unread(),
  },
];

/** Lines that are no items of the table. */
export const badLines: readonly BadCase[] = [
  badLine('a line that is not JSON', 'RECORD_NOT_JSON', '{"Item":{"Artist":{"S":"a"},'),
  badLine('a line without an item', 'RECORD_ITEM_MISSING', '{"Thing":{}}'),
  badLine('an item without its key', 'RECORD_KEY', itemLine({ Artist: { S: 'a' } }), ['SongTitle']),
  badLine('an item with a key of another type', 'RECORD_KEY', line('2', { SongTitle: { N: '2' } }), [
    'SongTitle',
  ]),
  badLine('an unknown type tag', 'RECORD_TYPE_UNKNOWN', line('2', { Price: { X: '1' } }), [
    'attribute: Price',
  ]),
  badLine(
    'a number with 39 digits',
    'RECORD_NUMBER',
    line('2', { Price: { N: '123456789'.repeat(5).slice(0, 39) } }),
    ['attribute: Price'],
  ),
  badLine('invalid base64', 'RECORD_BINARY', line('2', { Cover: { B: '@@@@' } }), ['attribute: Cover']),
];
