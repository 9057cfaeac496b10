import { statusKeys, type TableReport } from './status-log.ts';

/**
 * How far a task has read all its tables, ms server time, in one record: an idle stream is read on by the second, and a record per
 * table and second would be most of what the status topic holds.
 *
 * Only tables whose report says `markedBy` this run are meant: what an earlier configuration named is not read on.
 */
export interface ReadMark {
  readonly run: string;
  /** Every change of the task's share of its tables older than this is in the topic. */
  readonly readToMs: number | null;
  /** Tables that are further behind, or of which it is not known how far they are. */
  readonly others: Readonly<Record<string, number | null>>;
}

/** What a task without any partition of a table has read of it. */
export const NOTHING_TO_READ = Number.MAX_SAFE_INTEGER;

/** Tables that are behind the one that is read furthest by more than this are told one by one: they must not hold up the others. */
const TOGETHER_MS = 2000;

/** @param claims up to when each table is read; those with {@link NOTHING_TO_READ} say so in their own reports. */
export function readMark(run: string, claims: ReadonlyMap<string, number | null>): ReadMark {
  const known = [...claims.values()].filter((readToMs) => readToMs !== null);
  const newestMs = Math.max(...known);
  const isTogether = (readToMs: number | null) => readToMs !== null && readToMs >= newestMs - TOGETHER_MS;
  return {
    run,
    readToMs: known.length === 0 ? null : Math.min(...known.filter(isTogether)),
    others: Object.fromEntries([...claims].filter(([, readToMs]) => !isTogether(readToMs))),
  };
}

/**
 * What a task last said of a table, with how far it has read it.
 *
 * @param get the newest value of a key of the status topic
 */
export function saidOfTable(
  get: (key: string) => string | null,
  connector: string,
  task: number,
  table: string,
): TableReport | null {
  const report = parsed<TableReport>(get(statusKeys.table(connector, task, table)));
  const mark = parsed<ReadMark>(get(statusKeys.mark(connector, task)));
  return report && { ...report, readToMs: readToOf(report, mark, table) };
}

function readToOf({ markedBy, readToMs }: TableReport, mark: ReadMark | null, table: string): number | null {
  if (!markedBy) return readToMs;
  if (mark?.run !== markedBy) return null;
  return Object.hasOwn(mark.others, table) ? (mark.others[table] ?? null) : mark.readToMs;
}

const parsed = <T>(text: string | null): T | null => (text === null ? null : (JSON.parse(text) as T));
