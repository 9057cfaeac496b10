import type { z } from 'zod';
import { shapeOf } from '../../config/shape.ts';
import type { Plugins } from '../../plugins.ts';

type Kind = keyof Plugins;
type Members = Readonly<Record<string, unknown>>;
/** What a member has to be; null: it is. */
type Claim = (value: unknown) => string | null;

/**
 * What is wrong with a plugin that others wrote, by the contract of its kind: phrases such as `put is no function`; none: it can
 * be used. What it does is not looked at: that is what the conformance suites are for.
 */
export function shapeFaults(kind: Kind, entry: unknown): string[] {
  if (!isObject(entry)) return ['it is no object'];
  if (kind !== 'connectors') return faultsOf(entry, CLAIMS[kind]);
  const { type, plugin } = entry;
  if (type !== 'source' && type !== 'sink') return ["type is neither 'source' nor 'sink'"];
  if (!isObject(plugin)) return ['plugin is no object'];
  if (type === 'sink') return faultsOf(plugin, SINK);
  if (plugin['kind'] === 'snapshot') return faultsOf(plugin, { ...SOURCE, ...SNAPSHOT });
  if (plugin['kind'] === 'changes') return faultsOf(plugin, { ...SOURCE, ...CHANGES });
  return ["kind is neither 'snapshot' nor 'changes'"];
}

/** What it is called in messages; its place in the list where it says nothing. */
export function nameIn(entry: unknown, index: number): string {
  const plugin = isObject(entry) && isObject(entry['plugin']) ? entry['plugin'] : entry;
  const name = isObject(plugin) ? plugin['name'] : undefined;
  return typeof name === 'string' && name !== '' ? name : `[${index}]`;
}

/** The class names that it takes; of a plugin without faults. */
export function classNamesOf(entry: unknown, index: number): string[] {
  const className = isObject(entry) ? entry['className'] : undefined;
  return [nameIn(entry, index), ...(typeof className === 'string' ? [className] : [])];
}

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null;

function faultsOf(members: Members, claims: Readonly<Record<string, Claim>>): string[] {
  return Object.entries(claims).flatMap(([name, claim]) => {
    const fault = claim(members[name]);
    return fault === null ? [] : [`${name} ${fault}`];
  });
}

const step: Claim = (value) => (typeof value === 'function' ? null : isMissing(value, 'a function'));
const stepIfAny: Claim = (value) => (value === undefined ? null : step(value));
const text: Claim = (value) =>
  typeof value === 'string' && value !== '' ? null : isMissing(value, 'a text');
const flag: Claim = (value) => (typeof value === 'boolean' ? null : isMissing(value, 'true or false'));

/** Letters as in classes, without a package: so configurations and tools can name it. */
const className: Claim = (value) =>
  typeof value === 'string' && /^[A-Za-z]\w*(\$[A-Za-z]\w*)?$/.test(value)
    ? null
    : isMissing(value, 'a class name of letters, digits and _ without a package');

const supports: Claim = (value) =>
  isObject(value) && typeof value['version'] === 'boolean'
    ? null
    : isMissing(value, '{ version: true } or { version: false }');

/** Another copy of zod is as good, of the same major version: what is asked of it, it answers itself. */
const options: Claim = (value) => {
  if (!isObject(value) || !isObject(value['_zod'])) {
    return isMissing(value, 'a schema of zod 4: make it with the z that the module is given');
  }
  try {
    const { type } = shapeOf(value as unknown as z.ZodType);
    return type === 'object' ? null : 'is no schema of an object: use z.strictObject';
  } catch (error) {
    return `cannot be described: ${error instanceof Error ? error.message : String(error)}`;
  }
};

const isMissing = (value: unknown, what: string) => (value === undefined ? 'is missing' : `is not ${what}`);

const PLUGIN = { name: className, summary: text, options };

const SINK = {
  ...PLUGIN,
  supports,
  targetTable: step,
  fingerprint: step,
  check: step,
  prepare: step,
  drop: step,
  open: step,
  rows: step,
  lookUp: step,
  shape: stepIfAny,
  openMender: stepIfAny,
};

const SOURCE = { ...PLUGIN, check: step, tables: stepIfAny, describe: step, discover: step, open: step };
const SNAPSHOT = { take: step, serverTimeMs: step, slackMs: step };
const CHANGES = { capture: step };

const CLAIMS: Readonly<Record<Exclude<Kind, 'connectors'>, Readonly<Record<string, Claim>>>> = {
  transforms: {
    ...PLUGIN,
    className: (value) => (value === null ? null : text(value)),
    needsPredicate: flag,
    refusedOptions: (value) => (isObject(value) ? null : isMissing(value, 'an object')),
    contradiction: step,
    load: step,
    make: step,
  },
  predicates: { ...PLUGIN, ofConnect: flag, make: step },
  converters: { name: className, encode: step, decode: step },
};
