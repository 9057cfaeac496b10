import type { z } from 'zod';
import type { FlatProblem, FlatReading } from './flat.ts';
import type { FlatConfig } from './flat-config.ts';
import { problemsOf } from './flat-issues.ts';
import { leafAt, leavesOf } from './flat-leaves.ts';
import { type Hidden, invalid, missing } from './flat-problems.ts';
import { readText } from './flat-text.ts';

/** What is read beyond a configuration's own keys and values. */
export interface FlatScope {
  /** Keys whose values no message may show, besides the secret ones: those that placeholders filled. */
  readonly hidden?: Hidden;
  /** What stands before each key: `transforms.A.`; keys without it are not looked at. */
  readonly prefix?: string;
}

/** Reads the options of a schema out of a flat configuration; keys that it does not know stand in `unknown`, whole. */
export function readFlat<O>(
  schema: z.ZodType<O>,
  flat: FlatConfig,
  { hidden = new Set(), prefix = '' }: FlatScope = {},
): FlatReading<O> {
  const leaves = leavesOf(schema);
  const problems: FlatProblem[] = [];
  const unknown: string[] = [];
  const root: Record<string, unknown> = {};
  for (const { path } of leaves.filter(({ required }) => required)) sectionAt(root, path.slice(0, -1));
  for (const [whole, text] of Object.entries(flat)) {
    if (!whole.startsWith(prefix)) continue;
    const key = whole.slice(prefix.length);
    const leaf = leafAt(leaves, key);
    if (leaf === null) {
      unknown.push(whole);
      continue;
    }
    const read = readText(text, leaf.shape);
    if ('fault' in read) problems.push(invalid(whole, text, read.fault, leaf.isSecret || hidden.has(whole)));
    else
      set(root, leaf.isPrefix ? [...leaf.path, standIn(key.slice(leaf.key.length))] : leaf.path, read.value);
  }
  for (const { key } of leaves.filter((leaf) => leaf.required && !Object.hasOwn(flat, prefix + leaf.key))) {
    problems.push(missing(prefix + key));
  }
  const parsed = schema.safeParse(root);
  if (parsed.success && problems.length === 0) {
    for (const leaf of leaves) if (leaf.isPrefix) putBack(parsed.data, leaf.path);
    return { options: parsed.data, problems, unknown };
  }
  const issues = parsed.success ? [] : parsed.error.issues.map(withName);
  // One cause is told once.
  const said = new Set(problems.map(({ key }) => key));
  for (const problem of issues.flatMap((issue) => problemsOf(issue, { leaves, flat, hidden, prefix }))) {
    if (!said.has(problem.key)) problems.push(problem);
    said.add(problem.key);
  }
  return { options: null, problems, unknown };
}

/** The object at a path, made where it is missing. */
function sectionAt(root: Record<string, unknown>, path: readonly string[]): Record<string, unknown> {
  let section = root;
  for (const step of path) {
    if (!Object.hasOwn(section, step)) define(section, step, {});
    section = section[step] as Record<string, unknown>;
  }
  return section;
}

function set(root: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [last = '', ...above] = [...path].reverse();
  define(sectionAt(root, above.reverse()), last, value);
}

/** A name may be `__proto__`: it is no more than a name here. But zod leaves it out of records (`$ZodRecord`). */
const PROTO = '__proto__';
const STAND_IN = 'the name __proto__';

const standIn = (name: string): string => (name === PROTO ? STAND_IN : name);

const withName = <I extends { readonly path: readonly PropertyKey[] }>(issue: I): I => ({
  ...issue,
  path: issue.path.map((step) => (step === STAND_IN ? PROTO : step)),
});

/** Gives a record of names at a path the name that another stood for. */
function putBack(options: unknown, path: readonly string[]): void {
  let record = options;
  for (const step of path) {
    if (typeof record !== 'object' || record === null || !Object.hasOwn(record, step)) return;
    record = (record as Readonly<Record<string, unknown>>)[step];
  }
  if (typeof record !== 'object' || record === null || !Object.hasOwn(record, STAND_IN)) return;
  const names = record as Record<string, unknown>;
  define(names, PROTO, names[STAND_IN]);
  delete names[STAND_IN];
}

function define(section: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(section, name, { value, enumerable: true, writable: true, configurable: true });
}
