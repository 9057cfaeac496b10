import { ConnectError, type ErrorCode } from '../../connectors/errors.ts';
import { urlOf } from './locate.ts';
import { type ExportSummary, invalid } from './manifest.ts';

/**
 * Throws unless the windows continue the full export without a hole (rule C1): each ends later than the one before it and
 * begins at or before its end, the first at least the slack before the full one's X, all of one TableId.
 *
 * Why the slack: the full export is fuzzy by a minute around X, so that a write shortly before X may be missing there.
 *
 * @throws ConnectError EXPORT_MANIFEST_INVALID, EXPORT_OTHER_TABLE, EXPORT_WINDOW_ORDER, EXPORT_WINDOW_HOLE
 */
export function checkChain(full: ExportSummary, windows: readonly ExportSummary[], slackMs: number): void {
  if (full.fromMs !== null) {
    const period = `${time(full.fromMs)} to ${time(full.exportMs)}`;
    throw invalid(
      nameOf(full),
      `is an incremental export (${period}), where a full one is to be named; windows are named in snapshot.incremental`,
    );
  }
  for (const window of windows) checkIsWindow(window);
  checkOneTable([full, ...windows]);
  windows.forEach((window, i) => {
    checkOrder(window, windows[i - 1] ?? full);
  });
  windows.forEach((window, i) => {
    const before = windows[i - 1];
    if (before) checkContinues(window, before);
    else checkBegin(window, full, slackMs);
  });
}

function checkIsWindow(window: ExportSummary): void {
  if (window.fromMs !== null) return;
  throw invalid(
    nameOf(window),
    `is a full export (of ${time(window.exportMs)}), where a window is to be named; it belongs into snapshot.manifests`,
  );
}

/** A table that was deleted and created again between two exports has another TableId under the same name. */
function checkOneTable(chain: readonly ExportSummary[]): void {
  const known = chain.find(({ tableId }) => tableId !== null);
  for (const one of chain) {
    if (known === undefined || one.tableId === null || one.tableId === known.tableId) continue;
    const message = `${nameOf(one)} is an export of TableId ${one.tableId}; ${nameOf(known)} is one of ${known.tableId}`;
    throw new ConnectError('EXPORT_OTHER_TABLE', message, {
      detail: { table: one.table, url: nameOf(one) },
    });
  }
}

/** Of two windows the later one outranks the earlier (rule C2): listed the other way round, old rows would win. */
function checkOrder(window: ExportSummary, before: ExportSummary): void {
  if (window.exportMs > before.exportMs) return;
  const expected = `after ${time(before.exportMs)}`;
  const what =
    before.fromMs === null
      ? `not after ${time(before.exportMs)}, the time of the full export, which holds all of it: leave it out`
      : `not after ${time(before.exportMs)}, the end of the window that is listed before it, ${nameOf(before)}: list them in the order of their times`;
  throw refusal('EXPORT_WINDOW_ORDER', window, `ends at ${time(window.exportMs)}, ${what}`, {
    to: time(window.exportMs),
    expected,
  });
}

function checkContinues(window: ExportSummary, before: ExportSummary): void {
  const { fromMs } = window;
  if (fromMs === null || fromMs <= before.exportMs) return;
  const [end, begin] = [time(before.exportMs), time(fromMs)];
  const what =
    `begins at ${begin}, but the window before it, ${nameOf(before)}, ends at ${end}: no window holds what changed in ` +
    `between. Export the window from ${end} to ${begin}, and list it between the two`;
  throw refusal('EXPORT_WINDOW_HOLE', window, what, { from: begin, expected: `at or before ${end}` });
}

function checkBegin(window: ExportSummary, full: ExportSummary, slackMs: number): void {
  const { fromMs } = window;
  const latestMs = full.exportMs - slackMs;
  if (fromMs === null || fromMs <= latestMs) return;
  const [latest, begin] = [time(latestMs), time(fromMs)];
  const what =
    `begins at ${begin}; the first window must begin at or before ${latest}, which is snapshot.slackSeconds ` +
    `(${slackMs / 1000}) before the time of the full export, ${time(full.exportMs)}. Export a window from ${latest} on ` +
    `that ends after ${time(Math.max(fromMs, full.exportMs))}, and list it before this one`;
  throw refusal('EXPORT_WINDOW_HOLE', window, what, { from: begin, expected: `at or before ${latest}` });
}

function refusal(
  code: ErrorCode,
  window: ExportSummary,
  what: string,
  times: Readonly<Record<string, string>>,
): ConnectError {
  const url = nameOf(window);
  return new ConnectError(code, `${url} ${what}`, { detail: { table: window.table, url, ...times } });
}

const nameOf = ({ place }: ExportSummary): string => urlOf(place.summary);
const time = (ms: number): string => new Date(ms).toISOString();
