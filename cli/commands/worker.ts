import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';

export interface WorkerOptions {
  /** Null: it is all in the environment. */
  readonly config: string | null;
}

/** `messina source` and `messina sink`: the programs of the two container images. */
export function register(program: Command, context: CommandContext): void {
  const kinds = [
    { name: 'source', what: 'reads DynamoDB tables into topics' },
    { name: 'sink', what: 'writes topics to ScyllaDB' },
  ] as const;
  for (const { name, what } of kinds) {
    program
      .command(name)
      .summary(`run a worker that ${what}`)
      .description(
        `Runs a worker that ${what}, with Kafka Connect's REST API, until SIGTERM or SIGINT. Workers of one group.id share ` +
          'their connectors, which come by REST or from connectors.dir. Over its configuration, and in its place, the ' +
          'environment counts: CONNECT_BOOTSTRAP_SERVERS, CONNECT_GROUP_ID and so on.',
      )
      .argument('[config]', "the worker's configuration: .properties, .yaml or .json")
      .action((config: string | undefined) => context.run(name, { config: config ?? null }));
  }
}
