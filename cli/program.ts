import { Command } from 'commander';
import { version } from '../connectors/version.ts';
import type { CommandName, CommandOptions, RunCommand } from './command-options.ts';
import { register as registerCleanup } from './commands/cleanup.ts';
import { register as registerDeadLetters } from './commands/dead-letters.ts';
import { register as registerDemo } from './commands/demo.ts';
import { register as registerExport } from './commands/export.ts';
import { register as registerInfer } from './commands/infer.ts';
import { register as registerLoad } from './commands/load.ts';
import { register as registerMigrate } from './commands/migrate.ts';
import { register as registerPlan } from './commands/plan.ts';
import { registerConnectors, registerDescribe } from './commands/plugins.ts';
import { register as registerReplay } from './commands/replay.ts';
import { register as registerStatus } from './commands/status.ts';
import { register as registerTopic } from './commands/topic.ts';
import { register as registerVerify } from './commands/verify.ts';
import { register as registerWorker } from './commands/worker.ts';
import { addGlobalOptions } from './global-options.ts';
import { addNotBuiltCommands } from './not-built.ts';
import type { ProgressStream } from './progress.ts';
import type { Run } from './session.ts';

/**
 * The command line of `messina`: words only, what they do is what `run` does.
 *
 * It never exits and prints no error: it throws what {@link import('./exit.ts').exitCodeOf} knows.
 */
export function createProgram(run: RunCommand, stdout: ProgressStream): Command {
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
  addCommands(program, run);
  addNotBuiltCommands(program);
  return program;
}

/** In the order in which `--help` lists them. */
function addCommands(program: Command, run: RunCommand): void {
  const as =
    <C extends CommandName>(command: C): Run<CommandOptions[C]> =>
    (options) =>
      run(command, options);
  registerMigrate(program, as('migrate'));
  registerPlan(program, as('plan'));
  registerStatus(program, as('status'));
  registerVerify(program, as('verify'));
  registerReplay(program, as('replay'));
  registerInfer(program, as('infer'));
  registerExport(program, as('export'));
  registerTopic(program, as('topic'));
  registerDeadLetters(program, as('dead-letters'));
  registerCleanup(program, as('cleanup'));
  registerWorker(program, 'source', as('source'));
  registerWorker(program, 'sink', as('sink'));
  registerConnectors(program, as('connectors'));
  registerDescribe(program, as('describe'));
  registerLoad(program, as('load'));
  registerDemo(program, as('demo'));
}
