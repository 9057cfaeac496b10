/** How often new partitions are looked for at least where some are awaited, ms. */
const AWAITED_MS = 5_000;
/** Of one list, ms: all tables and tasks together ask ten times a second (Streams API reference: DescribeStream ≤ 10/s). */
const LIST_SPACING_MS = 100;

/**
 * How long a task waits before it lists a table's partitions again, ms, if nothing wakes it.
 *
 * A partition that is read to its end wakes all tasks, so where none is awaited a list only finds what no reader can know.
 *
 * @param awaited a partition waits for its parent, or children are not listed yet
 */
export function listIntervalMs(
  { tables, tasks }: { readonly tables: readonly string[]; readonly tasks: number },
  awaited: boolean,
): number {
  return awaited ? AWAITED_MS : Math.max(AWAITED_MS, tables.length * tasks * LIST_SPACING_MS);
}
