import type { core } from 'zod';
import { closestWord } from '../suggest.ts';
import type { FlatProblem } from './flat.ts';
import type { FlatConfig } from './flat-config.ts';
import type { FlatLeaf } from './flat-leaves.ts';
import { type Hidden, invalid, missing } from './flat-problems.ts';

type Issue = core.$ZodIssue;

/** What was read, for wording. */
export interface Read {
  readonly leaves: readonly FlatLeaf[];
  readonly flat: FlatConfig;
  readonly hidden: Hidden;
  readonly prefix: string;
}

/** What zod found wrong with options, by the keys of the flat configuration that they were read from. */
export function problemsOf(issue: Issue, read: Read): FlatProblem[] {
  const path = issue.path.map(String);
  const leaf = leafOf(path, read.leaves);
  if (leaf === null) return ofSection(issue, path, read);
  const key = read.prefix + leaf.key + (leaf.isPrefix ? (path[leaf.path.length] ?? '') : '');
  const text = read.flat[key];
  if (text === undefined) return [missing(key)];
  const isHidden = leaf.isSecret || read.hidden.has(key);
  const innermost = deepest(issue);
  // The names inside a value are part of it.
  if (isHidden) return [invalid(key, text, wordsOf(innermost, text, true), true)];
  const inside = path.slice(leaf.path.length + (leaf.isPrefix ? 1 : 0));
  const more = innermost.path === issue.path ? [] : innermost.path.map(String);
  return [invalid(key, text, placed([...inside, ...more], wordsOf(innermost, text, false)))];
}

function leafOf(path: readonly string[], leaves: readonly FlatLeaf[]): FlatLeaf | null {
  const fits = leaves.filter((leaf) => leaf.path.every((step, index) => path[index] === step));
  return fits.sort((a, b) => b.path.length - a.path.length)[0] ?? null;
}

/** A section that may be one of several: what is missing in the one that is meant, the one with the least wrong. */
function ofSection(issue: Issue, path: readonly string[], read: Read): FlatProblem[] {
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const closest = fewest(issue.errors);
    return closest.flatMap((one) => problemsOf({ ...one, path: [...issue.path, ...one.path] }, read));
  }
  const below = read.leaves.filter((leaf) => path.every((step, index) => leaf.path[index] === step));
  const word = (issue.code === 'unrecognized_keys' ? issue.keys : []).map((name) =>
    leafOf([...path, name], read.leaves),
  );
  const extra = word.flatMap((leaf) => {
    const key = read.prefix + (leaf?.key ?? '');
    const text = read.flat[key];
    if (leaf === null || text === undefined) return [];
    const isHidden = leaf.isSecret || read.hidden.has(key);
    return [invalid(key, text, 'it cannot stand beside the others of its section', isHidden)];
  });
  if (extra.length > 0) return extra;
  const [first] = below;
  return first === undefined
    ? [{ key: read.prefix + path.join('.'), message: issue.message }]
    : [missing(read.prefix + first.key)];
}

/** Of the kinds that a value may be, what is wrong with the one that it is closest to. */
function fewest(errors: readonly (readonly Issue[])[]): readonly Issue[] {
  const weight = (issues: readonly Issue[]) =>
    issues.length + issues.filter(({ code }) => code === 'unrecognized_keys').length * 10;
  return [...errors].sort((a, b) => weight(a) - weight(b))[0] ?? [];
}

/** Of a value inside JSON text that may be of several kinds, the first thing wrong with the closest; its path counts from here. */
function deepest(issue: Issue): Issue {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const [first] = fewest(issue.errors);
  return first === undefined ? issue : deepest(first);
}

const placed = (inside: readonly string[], words: string) =>
  inside.length === 0
    ? words
    : `at ${inside
        .map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`))
        .join('')
        .replace(/^\./, '')}: ${words}`;

/** What is wrong, in Kafka's words where it has some (ConfigDef.Range, ConfigDef.ValidString). */
function wordsOf(issue: Issue, text: string, isHidden: boolean): string {
  if (issue.code === 'invalid_value') {
    const words = issue.values.map(String);
    const near = isHidden ? null : closestWord(text, words);
    const meant = near === null ? '' : `. Did you mean "${near}"?`;
    return `String must be one of: ${words.join(', ')}${meant}`;
  }
  if (issue.code === 'too_small' && issue.origin !== 'string' && issue.origin !== 'array') {
    return `Value must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
  }
  if (issue.code === 'too_big' && issue.origin !== 'string' && issue.origin !== 'array') {
    return `Value must be ${issue.inclusive === false ? 'less' : 'no more'} than ${issue.maximum}`;
  }
  if (issue.code === 'too_small')
    return issue.origin === 'array' ? 'List must not be empty' : 'String must be non-empty';
  if (issue.code === 'unrecognized_keys') {
    return `${isHidden ? 'a name in it' : issue.keys.join(', ')} is not known here`;
  }
  return issue.message;
}
