import type { JsonObject } from './json.ts';
import type { Caller } from './upstream.ts';

/** A request at one node, parsed. */
export interface Call {
  readonly node: number;
  readonly skewMs: number;
  readonly caller: Caller;
  /** The `X-Amz-Target` header. */
  readonly target: string;
  readonly operation: string;
  readonly body: JsonObject;
}

/** What became of a write's keys. */
export interface Written {
  readonly stamp: number;
  readonly applied: readonly string[];
  /** Keys that already had a later stamp: acknowledged, and without effect. */
  readonly lost: readonly string[];
}
