import { z } from 'zod';
import type { KeyPath } from './finding.ts';
import { migrationSchema } from './schema.ts';

/** The part of JSON Schema that the schemas of files use, plus `secret` and `path` of leaves. */
export interface Shape {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Shape;
  readonly items?: Shape;
  readonly oneOf?: readonly Shape[];
  readonly anyOf?: readonly Shape[];
  readonly secret?: boolean;
  readonly path?: boolean;
}

/** The JSON Schema of a file, as people write it: keys with a default may be left out. */
export const shapeOf = (schema: z.ZodType): Shape =>
  z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // The limits of exact integers are no limits of the format.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  }) as Shape;

export const migrationShape = shapeOf(migrationSchema);

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at a path, or undefined. */
export function valueAt(root: unknown, path: KeyPath): unknown {
  let value = root;
  for (const step of path) {
    if (Array.isArray(value)) value = value[Number(step)];
    else if (isMapping(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return value;
}

/** The shapes that a value may have instead of one; none: it has one shape. */
export const alternatives = (shape: Shape): readonly Shape[] => shape.oneOf ?? shape.anyOf ?? [];

const wordsOf = (leaf: Shape): readonly unknown[] => leaf.enum ?? [leaf.const];

/** Several shapes of a section are told apart by a constant, or by a `type` that has more than one name. */
const tellsApart = (key: string, leaf: Shape) =>
  leaf.const !== undefined || (key === 'type' && leaf.enum !== undefined);

/** The shapes a value may have: of several, those whose constants (`type: …`) it carries, or all if none fits. */
function branches(shape: Shape, value: unknown): readonly Shape[] {
  if (alternatives(shape).length === 0) return [shape];
  const fitting = alternatives(shape).filter((branch) =>
    Object.entries(branch.properties ?? {}).every(
      ([key, leaf]) => !tellsApart(key, leaf) || (isMapping(value) && wordsOf(leaf).includes(value[key])),
    ),
  );
  return fitting.length > 0 ? fitting : alternatives(shape);
}

function step(shape: Shape, key: string | number): Shape | null {
  if (typeof key === 'number') return shape.items ?? null;
  if (shape.properties !== undefined && Object.hasOwn(shape.properties, key))
    return shape.properties[key] ?? null;
  return typeof shape.additionalProperties === 'object' ? shape.additionalProperties : null;
}

/** What a file's schema says of a path, given the file's value (it decides between several shapes of a section). */
export function shapesAt(path: KeyPath, root: unknown, file: Shape = migrationShape): readonly Shape[] {
  let shapes = branches(file, root);
  path.forEach((key, index) => {
    const value = valueAt(root, path.slice(0, index + 1));
    shapes = shapes.flatMap((shape) => {
      const next = step(shape, key);
      return next === null ? [] : branches(next, value);
    });
  });
  return shapes;
}

/** Every section or leaf of the schema with its path; `*` stands for any key or index. */
export function* allShapes(
  shape: Shape = migrationShape,
  path: readonly string[] = [],
): Generator<readonly [readonly string[], Shape]> {
  yield [path, shape];
  for (const branch of alternatives(shape)) {
    for (const entry of allShapes(branch, path)) if (entry[0].length > path.length) yield entry;
  }
  for (const [key, child] of Object.entries(shape.properties ?? {})) yield* allShapes(child, [...path, key]);
  if (typeof shape.additionalProperties === 'object')
    yield* allShapes(shape.additionalProperties, [...path, '*']);
  if (shape.items !== undefined) yield* allShapes(shape.items, [...path, '*']);
}
