import type { Actions, RunCommand } from './command-options.ts';
import { errorBlock } from './error-block.ts';
import { type ExitCode, exitCodeOf, exitCodes, UsageError } from './exit.ts';
import { readGlobalOptions } from './global-options.ts';
import { createProgram } from './program.ts';
import { openSession, type Surroundings } from './session.ts';

/** Colours are for terminals, unless https://no-color.org is asked for. */
const colorAllowed = ({ stderr, env }: Surroundings) => stderr.isTTY === true && !env['NO_COLOR'];

/**
 * Runs a command line to its end.
 *
 * @param args without the program's name
 * @returns the exit code; errors are printed to stderr as one block
 */
export async function runCommandLine(
  args: readonly string[],
  actions: Actions,
  around: Surroundings,
): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  const globals = () => readGlobalOptions(program, colorAllowed(around));
  const run: RunCommand = async (command, options) => {
    const action = actions[command];
    if (action === undefined) {
      throw new UsageError(
        `messina ${command} is not in this version`,
        'See `messina --help` for what there is.',
      );
    }
    const session = openSession(globals(), around);
    try {
      exitCode = await action(session, options);
    } finally {
      session.progress.done();
    }
  };
  const program = createProgram(run, around.stdout);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    const code = exitCodeOf(thrown);
    if (code === exitCodes.done) return code;
    const { logLevel, color } = globals();
    const stack = logLevel === 'debug' || logLevel === 'trace';
    around.stderr.write(errorBlock(thrown, { stack, color }));
    return code;
  }
}
