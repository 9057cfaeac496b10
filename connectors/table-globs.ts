/** Whether an entry of a list of tables stands for many names. */
export const isGlob = (entry: string): boolean => /[*?]/.test(entry);

/** Whether a table is meant by an entry of a list of tables: `*` is any run of characters, `?` any one. */
export function matchesEntry(entry: string, table: string): boolean {
  if (!isGlob(entry)) return entry === table;
  const pattern = entry
    .replace(/[.\\+^$()|[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`, 's').test(table);
}

/** Whether a table belongs to a migration with such entries. */
export const isSelected = (entries: readonly string[], table: string): boolean =>
  entries.some((entry) => matchesEntry(entry, table));
