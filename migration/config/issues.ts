import type { core } from 'zod';
import type { Shape } from '../../connectors/config/shape.ts';
import { closestWord } from '../../connectors/config/suggest.ts';
import type { Finding, KeyPath } from './finding.ts';
import { allShapes, shapesAt, valueAt } from './shape.ts';

type Issue = core.$ZodIssue;

/** What a file says, for wording: its values, and which of them nobody may see. */
export interface Said {
  readonly root: unknown;
  /** Whether the text of a value came from a placeholder. */
  readonly filled: (path: KeyPath) => boolean;
  /** What it may say. */
  readonly shape: Shape;
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys',
  record: 'a mapping of keys',
};

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return kinds[typeof value] ?? typeof value;
}

const pathOf = (issue: Issue): KeyPath =>
  issue.path.map((step) => (typeof step === 'number' ? step : String(step)));

/** A value as a message may show it, or null where nobody may see it. */
function shown(path: KeyPath, said: Said): string | null {
  const value = valueAt(said.root, path);
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return null;
  if (said.filled(path) || shapesAt(path, said.root, said.shape).some((shape) => shape.secret === true))
    return null;
  const text = String(value).replace(/\/\/[^/@\s]*@/, '//…@');
  return typeof value === 'string' ? JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text) : text;
}

function described(path: KeyPath, said: Said): string {
  const description = shapesAt(path, said.root, said.shape).find((shape) => shape.description)?.description;
  return description ?? 'See the reference of the file.';
}

function unknownKeys(path: KeyPath, keys: readonly string[], said: Said): Finding[] {
  const known = shapesAt(path, said.root, said.shape).flatMap((shape) => Object.keys(shape.properties ?? {}));
  return keys.map((key): Finding => {
    const near = closestWord(key, known);
    const elsewhere = [...allShapes(said.shape)].find(
      ([place]) =>
        place.at(-1) === key && !place.includes('*') && place.join('.') !== [...path, key].join('.'),
    );
    const remedy =
      near !== null
        ? `Did you mean "${near}"?`
        : elsewhere !== undefined
          ? `Did you mean ${elsewhere[0].join('.')}?`
          : `Known here: ${known.join(', ')}.`;
    return { path: [...path, key], at: 'key', message: 'is not a known key', remedy };
  });
}

function notOneOf(path: KeyPath, options: readonly unknown[], said: Said): Finding {
  const value = valueAt(said.root, path);
  const words = options.map(String);
  if (value === undefined) return missing(path, `One of ${words.join(', ')}.`);
  const near = typeof value === 'string' && !said.filled(path) ? closestWord(value, words) : null;
  const what = shown(path, said);
  return {
    path,
    at: 'value',
    message: what === null ? 'has a value that is not known' : `is ${what}`,
    remedy:
      near === null ? `One of ${words.join(', ')}.` : `Did you mean "${near}"? One of ${words.join(', ')}.`,
  };
}

const missing = (path: KeyPath, remedy: string): Finding => ({
  path,
  at: 'key',
  message: 'is missing',
  remedy,
});

function wrongKind(path: KeyPath, expected: string, said: Said): Finding {
  const value = valueAt(said.root, path);
  if (value === undefined) return missing(path, described(path, said));
  if (value === null) {
    return {
      path,
      at: 'key',
      message: 'has no value',
      remedy: `Give one, or remove the key. ${described(path, said)}`,
    };
  }
  const quotes = expected === 'string' && typeof value !== 'object';
  return {
    path,
    at: 'value',
    message: `must be ${kinds[expected] ?? expected}, not ${shown(path, said) ?? kindOf(value)}`,
    remedy: quotes ? 'Put the value into quotes.' : described(path, said),
  };
}

function outOfRange(
  path: KeyPath,
  issue: Extract<Issue, { code: 'too_small' | 'too_big' }>,
  said: Said,
): Finding {
  const small = issue.code === 'too_small';
  const limit = Number(small ? issue.minimum : issue.maximum);
  const bound =
    issue.inclusive === false ? (small ? 'more than' : 'less than') : small ? 'at least' : 'at most';
  const what = shown(path, said);
  const isNumber = typeof valueAt(said.root, path) === 'number';
  const message = isNumber
    ? `must be ${bound} ${limit}${what === null ? '' : `, not ${what}`}`
    : 'must not be empty';
  return { path, at: 'value', message, remedy: described(path, said) };
}

/** Of several kinds that a value may have: what is wrong inside the one that it is of, or that it is of none. */
function ofUnion(path: KeyPath, issue: Extract<Issue, { code: 'invalid_union' }>, said: Said): Finding[] {
  const isInside = (one: Issue) => one.path.length > 0 || one.code === 'unrecognized_keys';
  const inside = issue.errors.find((issues) => issues.every(isInside));
  if (inside !== undefined) {
    return inside.flatMap((one) => findingsOf({ ...one, path: [...issue.path, ...one.path] }, said));
  }
  const allowed = shapesAt(path, said.root, said.shape).flatMap((shape) =>
    shape.const === undefined ? (shape.enum ?? [kinds[shape.type ?? ''] ?? shape.type]) : [shape.const],
  );
  return [notOneOf(path, allowed, said)];
}

/** What zod found, in the words of the file; it may hold several things. */
export function findingsOf(issue: Issue, said: Said): Finding[] {
  const path = pathOf(issue);
  if (issue.code === 'unrecognized_keys') return unknownKeys(path, issue.keys, said);
  if (issue.code === 'invalid_value') return [notOneOf(path, issue.values, said)];
  if (issue.code === 'invalid_union' && 'options' in issue) {
    return [notOneOf(path, Array.isArray(issue.options) ? issue.options : [], said)];
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return ofUnion(path, issue, said);
  if (issue.code === 'invalid_type') return [wrongKind(path, issue.expected, said)];
  if (issue.code === 'too_small' || issue.code === 'too_big') return [outOfRange(path, issue, said)];
  if (issue.code === 'invalid_key') {
    const message = `is a key that ${issue.issues[0]?.message ?? 'is not allowed'}`;
    return [{ path, at: 'key', message, remedy: 'Correct the key.' }];
  }
  const what = shown(path, said);
  const message = what === null ? issue.message : `is ${what}; it ${issue.message}`;
  return [{ path, at: 'value', message, remedy: described(path, said) }];
}
