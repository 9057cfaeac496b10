/** Something wrong in a mapping document, by the key that it is about. */
export interface MappingProblem {
  /** Keys and list indexes; of a key that is missing its name at the end. Empty: the table as a whole. */
  readonly path: readonly (string | number)[];
  /** A clause that follows the key's name, or the table's. */
  readonly message: string;
  readonly remedy: string;
}

/** A mapping that contradicts itself or does not fit its table, with everything that is wrong. */
export class MappingError extends Error {
  readonly problems: readonly MappingProblem[];

  constructor(table: string, problems: readonly MappingProblem[]) {
    const first = problems[0];
    const place = first === undefined || first.path.length === 0 ? '' : `${first.path.join('.')} `;
    super(`The mapping of table ${table} is wrong: ${place}${first?.message ?? ''}`);
    this.name = 'MappingError';
    this.problems = problems;
  }
}

/** Collects what is wrong, so that all of it is told at once. */
export class MappingProblems {
  readonly found: MappingProblem[] = [];

  add(path: readonly (string | number)[], message: string, remedy: string): void {
    this.found.push({ path, message, remedy });
  }
}
