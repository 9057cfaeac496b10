import type { z } from 'zod';
import type { ConfigKeyInfo, ConfigType } from '../config-infos.ts';
import { alternatives, type Shape, shapeOf } from '../shape.ts';
import type { FlatKey } from './flat.ts';
import { isScalar, textOf } from './flat-text.ts';

/** A key of a flat configuration with the shape of its value: of one entry, where it stands before the names of a record. */
export interface FlatLeaf extends FlatKey {
  readonly shape: Shape;
  /** Whether every section above it is always there: its default needs no key. */
  readonly isAlwaysThere: boolean;
  /** Its default; undefined: none. */
  readonly fallback: unknown;
}

const known = new WeakMap<z.ZodType, readonly FlatLeaf[]>();

/** The leaves of a schema of options, in its order. */
export function leavesOf(schema: z.ZodType): readonly FlatLeaf[] {
  let leaves = known.get(schema);
  if (leaves === undefined) {
    const top = { path: [], isThere: true, isRequired: true, fallback: undefined };
    leaves = [...leavesBelow(shapeOf(schema), top)];
    known.set(schema, leaves);
  }
  return leaves;
}

/** The leaf that a key names: by the whole key, else by the longest prefix. */
export function leafAt(leaves: readonly FlatLeaf[], key: string): FlatLeaf | null {
  const whole = leaves.find((leaf) => !leaf.isPrefix && leaf.key === key);
  if (whole !== undefined) return whole;
  const prefixes = leaves.filter(
    (leaf) => leaf.isPrefix && key.startsWith(leaf.key) && key.length > leaf.key.length,
  );
  return prefixes.sort((a, b) => b.key.length - a.key.length)[0] ?? null;
}

/** `forcePathStyle` is `force.path.style`; a name that has its dots already stays what it is. */
const dotted = (step: string) => step.replace(/[A-Z]/g, (letter) => `.${letter.toLowerCase()}`);

interface Place {
  readonly path: readonly string[];
  readonly isThere: boolean;
  readonly isRequired: boolean;
  readonly fallback: unknown;
}

function* leavesBelow(shape: Shape, place: Place): Generator<FlatLeaf> {
  const sections = sectionsOf(shape);
  if (sections === null) {
    yield leafOf(shape, place);
    return;
  }
  for (const [name, { shapes, isRequired }] of membersOf(sections)) {
    const [first] = shapes;
    const one: Shape = shapes.length === 1 && first ? first : unionOf(shapes);
    const inherited = isMapping(place.fallback) ? place.fallback[name] : undefined;
    const fallback = one.default ?? inherited;
    yield* leavesBelow(one, {
      path: [...place.path, name],
      isThere: place.isThere && (isRequired || fallback !== undefined || sectionsOf(one) === null),
      isRequired: place.isThere && isRequired && fallback === undefined,
      fallback,
    });
  }
}

/** The objects that a value may be; null: it is a leaf. */
function sectionsOf(shape: Shape): readonly Shape[] | null {
  if (shape.properties !== undefined) return [shape];
  const branches = alternatives(shape).map(sectionsOf);
  if (branches.length === 0 || branches.includes(null)) return null;
  return branches.flatMap((sections) => sections ?? []);
}

/** The keys of all objects that a value may be; one that only some of them need is not required. */
function membersOf(
  sections: readonly Shape[],
): ReadonlyMap<string, { readonly shapes: Shape[]; readonly isRequired: boolean }> {
  const members = new Map<string, { shapes: Shape[]; isRequired: boolean }>();
  for (const section of sections) {
    for (const [name, shape] of Object.entries(section.properties ?? {})) {
      const isRequired = sections.every((one) => one.required?.includes(name) === true);
      const member = members.get(name) ?? { shapes: [], isRequired };
      if (!member.shapes.some((one) => JSON.stringify(one) === JSON.stringify(shape)))
        member.shapes.push(shape);
      members.set(name, member);
    }
  }
  return members;
}

/** One leaf for what several objects have under the same name: of the same type as a rule, with other words. */
function unionOf(shapes: readonly Shape[]): Shape {
  const types = new Set(shapes.map(({ type }) => type));
  if (types.size > 1 || !shapes.every(isScalar)) return { ...shapes[0], anyOf: shapes };
  const words = shapes.flatMap(wordsOf);
  const { const: _, enum: __, ...rest } = shapes[0] ?? {};
  return shapes.every((one) => wordsOf(one).length > 0) ? { ...rest, enum: [...new Set(words)] } : rest;
}

const wordsOf = (shape: Shape): readonly unknown[] =>
  shape.enum ?? (shape.const === undefined ? [] : [shape.const]);

function leafOf(shape: Shape, { path, isThere, isRequired, fallback }: Place): FlatLeaf {
  const entry =
    shape.properties === undefined && typeof shape.additionalProperties === 'object'
      ? shape.additionalProperties
      : null;
  const key = path.map(dotted).join('.');
  const value = entry ?? shape;
  return {
    key: entry === null ? key : `${key}.`,
    isPrefix: entry !== null,
    path,
    type: typeOf(value),
    required: isRequired && entry === null,
    defaultValue: fallback === undefined || entry !== null ? null : textOf(fallback),
    documentation: shape.description ?? value.description ?? '',
    values: wordsOf(value).map(String),
    isSecret: value.secret === true,
    group: shape.group ?? null,
    importance: importanceOf(shape, isRequired),
    displayName: shape.displayName ?? displayNameOf(key),
    shape: value,
    isAlwaysThere: isThere,
    fallback,
  };
}

const importanceOf = ({ importance }: Shape, isRequired: boolean): ConfigKeyInfo['importance'] =>
  importance === 'HIGH' || importance === 'MEDIUM' || importance === 'LOW'
    ? importance
    : isRequired
      ? 'HIGH'
      : 'MEDIUM';

const displayNameOf = (key: string) => {
  const words = key.replaceAll('.', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

function typeOf(shape: Shape): ConfigType {
  if (shape.secret === true) return 'PASSWORD';
  if (shape.configType === 'CLASS') return 'CLASS';
  if (shape.type === 'boolean') return 'BOOLEAN';
  if (shape.type === 'integer') return (shape.maximum ?? Infinity) <= 2_147_483_647 ? 'INT' : 'LONG';
  if (shape.type === 'number') return 'DOUBLE';
  return shape.type === 'array' && isScalar(shape.items ?? {}) ? 'LIST' : 'STRING';
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
