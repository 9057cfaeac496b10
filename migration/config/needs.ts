/** What a command asks of a file. */
export interface Needs {
  /** False: where the migration's snapshot comes from does not matter, as for `export`, which scans. */
  readonly needsSnapshot: boolean;
  /** False: the source is never contacted, and where its credentials come from need not be there. */
  readonly needsSource?: boolean;
  /** False: the mapping file is not read, and need not be there, as for `infer`, which writes it. */
  readonly needsMapping?: boolean;
  /**
   * Given, placeholders need no value here, as nothing is contacted: filled with what stood for what, by the value. One
   * without a value stays as it is written.
   */
  readonly placeholders?: Map<string, string>;
}
