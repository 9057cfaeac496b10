import { ConnectError } from '../errors.ts';
import type { TransformConfig } from './chain.ts';
import { transformOf, transformPlugins } from './registry.ts';
import { LoadFault, type TransformPlugin } from './transform.ts';

/** What the transforms of a configuration need besides their options, each at its place. */
export interface LoadedTransforms {
  readonly loaded: readonly unknown[];
  /** Nothing may be made of the transforms while there are any. */
  readonly faults: readonly { readonly index: number; readonly fault: LoadFault }[];
}

/**
 * Reads what transforms need besides their options (a script's file), once, before `chainOf` makes them.
 *
 * @param transforms checked
 * @param known those that names are looked up among
 */
export async function loadTransforms(
  transforms: readonly TransformConfig[],
  known: readonly TransformPlugin[] = transformPlugins,
): Promise<LoadedTransforms> {
  const loaded: unknown[] = [];
  const faults: { index: number; fault: LoadFault }[] = [];
  for (const [index, { type, predicate: _, negate: __, ...options }] of transforms.entries()) {
    const plugin = transformOf(type, known);
    if (plugin === null) throw new ConnectError('UNEXPECTED', `There is no transform ${type}`);
    try {
      loaded.push(await plugin.load(options));
    } catch (error) {
      if (!(error instanceof LoadFault)) throw error;
      faults.push({ index, fault: error });
      loaded.push(null);
    }
  }
  return { loaded, faults };
}
