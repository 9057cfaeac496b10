import { type ExportSpec, writeChain } from '../../unit/source/export-fixture.ts';
import { fullSpec, iso, windowSpec } from '../../unit/source/export-history.ts';
import { type BadCase, ownExport } from './bad-case.ts';
import { line } from './bad-exports.ts';

const HOUR = 3_600_000;
/** X of the full export. */
const x = Date.parse('2026-11-01T12:00:00Z');
const full = fullSpec(x, [[line('1')]]);
const first = windowSpec(x - HOUR, x + HOUR, [[]]);
const second = windowSpec(x + HOUR, x + 2 * HOUR, [[]]);

/** A chain that is refused before anything is touched. */
const chain = (
  name: string,
  code: string,
  specs: readonly ExportSpec[],
  place: readonly (string | RegExp)[],
): BadCase => ({
  name,
  given: async ({ opened }) => {
    const written = await writeChain(specs.map(ownExport));
    opened.push(written);
    const [Music, ...windows] = written.summaryUrls;
    return {
      tables: ['Music'],
      source: { changes: 'none' },
      snapshot: {
        from: 'manifest',
        slackSeconds: 300,
        manifests: { Music },
        ...(windows.length === 0 ? {} : { incremental: { Music: windows } }),
      },
    };
  },
  exit: 4,
  code,
  place,
  after: 'nothing',
});

/** Rule C1: what is no full export with contiguous windows. */
export const badWindows: readonly BadCase[] = [
  chain(
    'windows with a hole between them',
    'EXPORT_WINDOW_HOLE',
    [full, first, windowSpec(x + 2 * HOUR, x + 3 * HOUR, [[]])],
    [
      'table: Music',
      `Export the window from ${iso(x + HOUR)} to ${iso(x + 2 * HOUR)}`,
      /url: file:.*\/01793/,
    ],
  ),
  chain(
    'a first window that begins too late',
    'EXPORT_WINDOW_HOLE',
    [full, windowSpec(x - 60_000, x + HOUR, [[]])],
    ['table: Music', `expected: at or before ${iso(x - 300_000)}`],
  ),
  chain(
    'windows in another order',
    'EXPORT_WINDOW_ORDER',
    [full, second, first],
    ['table: Music', `to: ${iso(x + HOUR)}`, /in the order of their times/],
  ),
  chain(
    'a window of another TableId',
    'EXPORT_OTHER_TABLE',
    // Also where the stand-in does not tell the table's own.
    [
      { ...full, summary: { ...full.summary, tableId: 'one' } },
      { ...first, summary: { tableId: 'another' } },
    ],
    [/TableId (one|another)/],
  ),
  chain(
    'a window where the full export should stand',
    'EXPORT_MANIFEST_INVALID',
    [first],
    [/is an incremental export/],
  ),
];
