import type { CleanupOptions } from './commands/cleanup.ts';
import type { DeadLettersOptions } from './commands/dead-letters.ts';
import type { DemoOptions } from './commands/demo.ts';
import type { ExportOptions } from './commands/export.ts';
import type { InferOptions } from './commands/infer.ts';
import type { LoadOptions } from './commands/load.ts';
import type { MigrateOptions } from './commands/migrate.ts';
import type { PlanOptions } from './commands/plan.ts';
import type { ConnectorsOptions, DescribeOptions } from './commands/plugins.ts';
import type { ReplayOptions } from './commands/replay.ts';
import type { StatusOptions } from './commands/status.ts';
import type { TopicOptions } from './commands/topic.ts';
import type { VerifyOptions } from './commands/verify.ts';
import type { WorkerOptions } from './commands/worker.ts';
import type { Action } from './session.ts';

/** What each command was asked for, once its line is understood. */
export interface CommandOptions {
  readonly migrate: MigrateOptions;
  readonly plan: PlanOptions;
  readonly status: StatusOptions;
  readonly verify: VerifyOptions;
  readonly replay: ReplayOptions;
  readonly infer: InferOptions;
  readonly export: ExportOptions;
  readonly topic: TopicOptions;
  readonly 'dead-letters': DeadLettersOptions;
  readonly cleanup: CleanupOptions;
  readonly load: LoadOptions;
  readonly demo: DemoOptions;
  readonly source: WorkerOptions;
  readonly sink: WorkerOptions;
  readonly connectors: ConnectorsOptions;
  readonly describe: DescribeOptions;
}

export type CommandName = keyof CommandOptions;

/** What the commands do; one that is absent is refused by name. */
export type Actions = { readonly [C in CommandName]?: Action<CommandOptions[C]> | undefined };

/** Runs a command's action, and keeps its exit code. */
export type RunCommand = <C extends CommandName>(command: C, options: CommandOptions[C]) => Promise<void>;
