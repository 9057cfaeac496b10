import { Command } from 'commander';
import { version } from '../connectors/version.ts';
import { register as registerCleanup } from './commands/cleanup.ts';
import { register as registerDeadLetters } from './commands/dead-letters.ts';
import { register as registerDemo } from './commands/demo.ts';
import { register as registerExport } from './commands/export.ts';
import { register as registerInfer } from './commands/infer.ts';
import { register as registerLoad } from './commands/load.ts';
import { register as registerMigrate } from './commands/migrate.ts';
import { register as registerPlan } from './commands/plan.ts';
import { register as registerPlugins } from './commands/plugins.ts';
import { register as registerReplay } from './commands/replay.ts';
import { register as registerStatus } from './commands/status.ts';
import { register as registerTopic } from './commands/topic.ts';
import { register as registerVerify } from './commands/verify.ts';
import { register as registerWorker } from './commands/worker.ts';
import type { CommandContext } from './context.ts';
import { addGlobalOptions } from './global-options.ts';
import { addNotBuiltCommands } from './not-built.ts';
import type { ProgressStream } from './progress.ts';

const commands = [
  registerMigrate,
  registerPlan,
  registerStatus,
  registerVerify,
  registerReplay,
  registerInfer,
  registerExport,
  registerTopic,
  registerDeadLetters,
  registerCleanup,
  registerWorker,
  registerPlugins,
  registerLoad,
  registerDemo,
];

/**
 * The command line of `messina`: words only, actions come through the context.
 *
 * It never exits and prints no error: it throws what {@link import('./exit.ts').exitCodeOf} knows.
 */
export function createProgram(context: CommandContext, stdout: ProgressStream): Command {
  const program = new Command('messina');
  program
    .description('Moves live DynamoDB tables to ScyllaDB through Kafka.')
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      // Without a command, help is an error and goes to stderr with the block of it.
      writeErr: () => {},
      outputError: () => {},
      getOutHelpWidth: () => stdout.columns ?? 100,
      getOutHasColors: () => false,
    })
    .configureHelp({ showGlobalOptions: true });
  addGlobalOptions(program);
  for (const register of commands) register(program, context);
  addNotBuiltCommands(program);
  return program;
}
