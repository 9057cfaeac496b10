/** A path of keys and list indexes into a file. */
export type KeyPath = readonly (string | number)[];

/** Something wrong, by key: the loader adds the place in the file. */
export interface Finding {
  readonly path: KeyPath;
  /** Whether the key or its value is pointed at. */
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly remedy: string;
}
