import type { ConnectorPlugin } from '../plugins.ts';
import { sharedTarget } from '../runtime/sink/shared-target.ts';
import type { TransformConfig } from '../transforms/chain.ts';
import { regexRouter } from '../transforms/regex-router.ts';
import { transformOf } from '../transforms/registry.ts';
import type { FlatProblem } from './flat/flat.ts';
import { tablesOfTopics } from './tables-of-topics.ts';

interface Named {
  readonly topicPrefix: string;
  readonly topicNames: Readonly<Record<string, string>>;
  readonly options: unknown;
}

/**
 * Two tables in one target table would overwrite each other's rows.
 *
 * What a regular expression names, and where transforms lead tables, is known when the connector starts: it fails then.
 */
export function targetProblems(
  { plugin }: Extract<ConnectorPlugin, { type: 'sink' }>,
  named: Named,
  topics: readonly string[] | RegExp,
  transforms: readonly TransformConfig[],
): FlatProblem[] {
  if (topics instanceof RegExp || transforms.some(mayRoute)) return [];
  const { options } = named;
  const shared = sharedTarget({ plugin, options }, tablesOfTopics(named, topics).tables);
  return shared === null ? [] : [{ key: 'topics', message: `${shared}; give each its own` }];
}

/** Transforms of others may as well. */
function mayRoute({ type }: TransformConfig): boolean {
  const own = transformOf(type);
  return own === null || own.name === regexRouter.name;
}
