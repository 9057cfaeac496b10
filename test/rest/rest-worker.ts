/** A worker as the conformance suite drives it: ours, Apache Kafka Connect, or the routes over a herder in memory. */
export interface RestWorker {
  /** Root of its REST API. */
  readonly url: string;
  /** Short names of connector classes that it has. */
  readonly sourceClass: string;
  readonly sinkClass: string;
  /** A transform with at least one option, by the name configurations know it by. */
  readonly transform: { readonly name: string; readonly option: string };
  /** A configuration without errors but for its missing name; each call may make what it needs. */
  sourceConfig(connector: string): Promise<Config>;
  sinkConfig(connector: string): Promise<Config>;
  /** The same, whose task fails at its start. */
  failingConfig(connector: string): Promise<Config>;
}

export type Config = Readonly<Record<string, string>>;
