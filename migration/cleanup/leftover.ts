/** Something that Messina made, or switched on. */
export interface Leftover {
  readonly kind: 'topic' | 'group' | 'stream' | 'pitr';
  /** The topic's, the group's or the table's. */
  readonly name: string;
}

/** What is left as it is, with why. */
export interface Kept extends Leftover {
  readonly why: string;
}
