type MetricType = 'counter' | 'gauge' | 'histogram';

/** What a metric is. Its name says its unit. */
export interface MetricDefinition<T extends MetricType = MetricType> {
  readonly type: T;
  /** Beside those that its group has in common. */
  readonly labels: readonly string[];
  /** A sentence. */
  readonly help: string;
}

export type Definitions = Readonly<Record<string, MetricDefinition>>;

const definition =
  <T extends MetricType>(type: T) =>
  (help: string, ...labels: string[]): MetricDefinition<T> => ({ type, labels, help });

export const counter = definition('counter');
export const gauge = definition('gauge');
export const histogram = definition('histogram');
