import { createContext, Script } from 'node:vm';
import { ConnectError } from './errors.ts';

/** Longest time for names, all of them together. A worker's session outlives it, and a sound expression needs thousandths. */
const LIMIT_MS = 1000;

const context = createContext({});
const script = new Script('match()');

/**
 * Matches names with a regular expression of the user's, for a limited time.
 *
 * An expression that repeats a repetition tries a number of ways that doubles with each character, minutes for a name of forty,
 * and nothing else runs in the thread meanwhile. V8 has no limit for that; Node can interrupt what runs in a `vm.Script`,
 * expressions included (Node.js: vm, `timeout`).
 *
 * @param key what holds the expression, for the message
 * @throws ConnectError PATTERN_SLOW after a second
 */
export function timeLimited<T>(key: string, match: () => T): T {
  context['match'] = match;
  try {
    return script.runInContext(context, { timeout: LIMIT_MS }) as T;
  } catch (error) {
    if (!isTimeout(error)) throw error;
    throw new ConnectError('PATTERN_SLOW', `${key}: matching names takes more than ${LIMIT_MS} ms`);
  }
}

/** The error is one of the context: no `Error` of ours. */
const isTimeout = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
