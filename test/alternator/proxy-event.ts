import type { Fault } from './faults.ts';

/** What happened to one call. Times are of `performance.now()`. */
export interface ProxyEvent {
  readonly node: number;
  readonly operation: string;
  readonly tables: readonly string[];
  /** Texts of the keys it was to write. */
  readonly keys: readonly string[];
  readonly arrivedAt: number;
  /** When the client was answered, cut off, or gave up; undefined while it waits. */
  answeredAt?: number;
  /** Of the answer; undefined when there was none. */
  status?: number;
  readonly fault?: Fault;
  /** When and what was executed; undefined until then, and for ever if never. */
  executedAt?: number;
  stamp?: number;
  applied?: readonly string[];
  /** Keys whose write was acknowledged without effect, because a later stamp was there. */
  lost?: readonly string[];
}
