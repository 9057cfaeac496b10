import type { Command } from 'commander';
import type { Run } from '../session.ts';

export interface WorkerOptions {
  /** Null: it is all in the environment. */
  readonly config: string | null;
}

const work = {
  source: 'reads DynamoDB tables into topics',
  sink: 'writes topics to ScyllaDB',
} as const;

/** `messina source` and `messina sink`: the programs of the two container images. */
export function register(program: Command, name: keyof typeof work, run: Run<WorkerOptions>): void {
  program
    .command(name)
    .summary(`run a worker that ${work[name]}`)
    .description(
      `Runs a worker that ${work[name]}, with Kafka Connect's REST API, until SIGTERM or SIGINT. Workers of one group.id share ` +
        'their connectors, which come by REST or from connectors.dir. Over its configuration, and in its place, the ' +
        'environment counts: CONNECT_BOOTSTRAP_SERVERS, CONNECT_GROUP_ID and so on.',
    )
    .argument('[config]', "the worker's configuration: .properties, .yaml or .json")
    .action((config: string | undefined) => run({ config: config ?? null }));
}
