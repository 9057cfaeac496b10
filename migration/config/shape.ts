import { alternatives, type Shape, shapeOf } from '../../connectors/config/shape.ts';
import type { KeyPath } from './finding.ts';
import { migrationSchema } from './schema.ts';

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
