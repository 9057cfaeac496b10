import { cp } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../connectors/errors.ts';
import { s3ExportSource } from '../../../source/export/connector.ts';
import {
  chainOptions,
  type ExportSpec,
  music,
  TABLE_ARN,
  testContext,
  writeChain,
} from './export-fixture.ts';
import { fullSpec, iso, windowLine, windowSpec } from './export-history.ts';
import { asked } from './snapshot-asked.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** X of the full export. */
const X = Date.parse('2024-06-10T06:13:20Z');

describe('a chain that is not in order', () => {
  const files = [[windowLine('a', 1, 2)]];
  const full = fullSpec(X, []);
  const first = windowSpec(X - HOUR, X + HOUR, files);
  const other = { tableId: 'another' };
  const at = (ms: number) => iso(X + ms);

  async function refusalOf(specs: readonly ExportSpec[], table = music) {
    await using chain = await writeChain(specs);
    const options = chainOptions(chain.summaryUrls);
    const [error] = await s3ExportSource.take(options, table, asked(), testContext()).then(
      () => [],
      (thrown: Error & { code: ErrorCode; exit: number; detail: object }) => [thrown],
    );
    if (error === undefined) throw new Error('nothing was refused');
    const named = chain.summaryUrls.map((url, i) => [url, `<${i}>`] as const);
    const message = named.reduce((text, [url, short]) => text.replaceAll(url, short), error.message);
    return { code: error.code, exit: error.exit, message };
  }

  test.each<[string, readonly ExportSpec[], ErrorCode, string]>([
    [
      'a hole between two windows',
      [full, first, windowSpec(X + 2 * HOUR, X + 3 * HOUR, files)],
      'EXPORT_WINDOW_HOLE',
      `<2> begins at ${at(2 * HOUR)}, but the window before it, <1>, ends at ${at(HOUR)}: no window holds what changed in ` +
        `between. Export the window from ${at(HOUR)} to ${at(2 * HOUR)}, and list it between the two`,
    ],
    [
      'a hole of a second',
      [full, first, windowSpec(X + HOUR + 1000, X + 3 * HOUR, files)],
      'EXPORT_WINDOW_HOLE',
      `<2> begins at ${at(HOUR + 1000)}`,
    ],
    [
      'a first window that begins too late',
      [full, windowSpec(X - 5 * MINUTE + 1000, X + HOUR, files)],
      'EXPORT_WINDOW_HOLE',
      `<1> begins at ${at(-5 * MINUTE + 1000)}; the first window must begin at or before ${at(-5 * MINUTE)}, which is ` +
        `snapshot.slackSeconds (300) before the time of the full export, ${at(0)}. Export a window from ` +
        `${at(-5 * MINUTE)} on that ends after ${at(0)}, and list it before this one`,
    ],
    [
      'windows in another order',
      [full, windowSpec(X + HOUR, X + 2 * HOUR, files), first],
      'EXPORT_WINDOW_ORDER',
      `<2> ends at ${at(HOUR)}, not after ${at(2 * HOUR)}, the end of the window that is listed before it, <1>`,
    ],
    [
      'a window within the one before it',
      [full, first, windowSpec(X - HOUR, X + MINUTE, files)],
      'EXPORT_WINDOW_ORDER',
      `<2> ends at ${at(MINUTE)}`,
    ],
    [
      'a window that ends before the full export',
      [full, windowSpec(X - 2 * HOUR, X - HOUR, files), first],
      'EXPORT_WINDOW_ORDER',
      `<1> ends at ${at(-HOUR)}, not after ${at(0)}, the time of the full export`,
    ],
    [
      'a window of another TableId than the full export',
      [full, windowSpec(X - HOUR, X + HOUR, files, 'NEW_IMAGE', { summary: other })],
      'EXPORT_OTHER_TABLE',
      '<1> is an export of TableId another',
    ],
    [
      'a window of another table',
      [full, windowSpec(X - HOUR, X + HOUR, files, 'NEW_IMAGE', { summary: { tableArn: `${TABLE_ARN}2` } })],
      'EXPORT_OTHER_TABLE',
      '<1> is an export of table "Music2"',
    ],
    [
      'a full export among the windows',
      [full, first, fullSpec(X + HOUR, [])],
      'EXPORT_MANIFEST_INVALID',
      `<2> is a full export (of ${at(HOUR)}), where a window is to be named`,
    ],
    [
      'a window in place of the full export',
      [first],
      'EXPORT_MANIFEST_INVALID',
      `<0> is an incremental export (${at(-HOUR)} to ${at(HOUR)}), where a full one is to be named`,
    ],
    [
      'a window that ends before it begins',
      [full, windowSpec(X + HOUR, X - HOUR, files)],
      'EXPORT_MANIFEST_INVALID',
      `<1> begins at ${at(HOUR)}, which is not before its end, ${at(-HOUR)}`,
    ],
    ...['exportFromTime', 'exportToTime'].map((field): [string, ExportSpec[], ErrorCode, string] => [
      `a window without ${field}`,
      [full, windowSpec(X - HOUR, X + HOUR, files, 'NEW_IMAGE', { summary: { [field]: null } })],
      'EXPORT_MANIFEST_INVALID',
      `<1> is an incremental export that names no ${field}`,
    ]),
    [
      'a window of old images',
      [full, windowSpec(X - HOUR, X + HOUR, files, 'NEW_IMAGE', { summary: { outputView: 'OLD_IMAGE' } })],
      'EXPORT_MANIFEST_INVALID',
      '<1> has the outputView OLD_IMAGE',
    ],
  ])('is refused by name: %s', async (_what, specs, code, message) => {
    const refusal = await refusalOf(specs);
    expect(refusal).toMatchObject({ code, exit: 4 });
    expect(refusal.message).toContain(message);
  });

  test('is refused for two TableIds also where the table does not tell its own', async () => {
    const windows = [first, windowSpec(X + HOUR, X + 2 * HOUR, files, 'NEW_IMAGE', { summary: other })];
    const standIn = { ...music, tableId: null };
    expect(await refusalOf([full, ...windows], standIn)).toMatchObject({ code: 'EXPORT_OTHER_TABLE' });
    const unknown = fullSpec(X, [], { summary: { tableId: null } });
    expect(await refusalOf([unknown, ...windows], standIn)).toMatchObject({ code: 'EXPORT_OTHER_TABLE' });
  });

  test('is refused when another window lies in the place of one that was begun', async () => {
    await using chain = await writeChain([full, first]);
    const options = chainOptions(chain.summaryUrls);
    const [, window] = await s3ExportSource.take(options, music, asked(), testContext());
    const earlier = { ...first, window: { ...first.window, from: iso(X - 2 * HOUR) } };
    await using others = await writeChain([full, earlier]);
    await cp(others.directory, chain.directory, { recursive: true });
    const partitions = s3ExportSource.discover(options, music, window!, testContext());
    await expect(partitions[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'EXPORT_MANIFEST_INVALID',
    });
  });
});
