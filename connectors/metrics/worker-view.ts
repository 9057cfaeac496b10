import type { ConnectorType, State } from '../connector-state.ts';

export interface ConnectorView {
  readonly name: string;
  readonly type: ConnectorType;
  /** As its configuration has it. */
  readonly class: string;
  readonly version: string;
  readonly state: State;
}

export interface TaskView {
  readonly connector: string;
  readonly task: number;
  readonly state: State;
}

/** Starts since the process began. */
export interface Startups {
  readonly attempts: number;
  readonly successes: number;
  readonly failures: number;
}

export interface RebalanceView {
  /** Worker id, or URL, of the group's leader; null: not known. */
  readonly leader: string | null;
  /** Generation of the group. */
  readonly epoch: number;
  /** Since the process began. */
  readonly completed: number;
  readonly rebalancing: boolean;
  readonly averageMs: number;
  readonly maxMs: number;
  /** Null: there was none. */
  readonly sinceLastMs: number | null;
}

/**
 * What a worker shows of itself; asked at each scrape.
 *
 * Only what this worker has: a connector or task that two workers named would count twice in every sum, and the joins of
 * existing dashboards (`* on(connector) group_left …`) would fail.
 */
export interface WorkerView {
  /** Connectors whose state this worker keeps. */
  connectors(): readonly ConnectorView[];
  /** Tasks that this worker was given, failed and paused ones too. */
  tasks(): readonly TaskView[];
  startups(): { readonly connectors: Startups; readonly tasks: Startups };
  rebalance(): RebalanceView;
}
