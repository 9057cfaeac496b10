/** One thing that is wrong with a file. */
export interface ConfigProblem {
  /** Line and column in the file, from 1; 0 where the problem has no place (the file cannot be read). */
  readonly line: number;
  readonly column: number;
  /** Dotted key, such as `source.tables[0]`; empty where the problem is not one of a key. */
  readonly key: string;
  /** What is wrong, without any secret: a clause that follows the key. */
  readonly message: string;
  /** What to do about it, as a sentence. */
  readonly remedy: string;
}

/** A configuration file that cannot be used, with everything that is wrong with it, in the order of the file. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG_INVALID';
  /** The file, as the user named it. */
  readonly file: string;
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[]) {
    super(problems.length === 1 ? `${file} has a problem` : `${file} has ${problems.length} problems`);
    this.file = file;
    this.problems = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  }
}

/** A path into a file as people write it: `source.tables[0]`, `kafka.topics["a.b"]`. */
export function dottedKey(path: readonly (string | number)[]): string {
  let key = '';
  for (const step of path) {
    if (typeof step === 'number') key += `[${step}]`;
    else if (/^[\w$-]+$/.test(step)) key += key === '' ? step : `.${step}`;
    else key += `[${JSON.stringify(step)}]`;
  }
  return key;
}
