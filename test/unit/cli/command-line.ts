import type { Actions, CommandName } from '../../../cli/command-options.ts';
import { exitCodes } from '../../../cli/exit.ts';
import { runCommandLine } from '../../../cli/run.ts';
import type { Session } from '../../../cli/session.ts';

/** Every command there is. */
export const commands: readonly CommandName[] = [
  'migrate',
  'plan',
  'status',
  'verify',
  'replay',
  'infer',
  'export',
  'topic',
  'dead-letters',
  'cleanup',
  'load',
  'source',
  'sink',
  'connectors',
  'describe',
  'demo',
];

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What actions were run with. */
  readonly ran: readonly (readonly [CommandName, unknown])[];
}

/** A stream that remembers. */
export function memoryStream(isTTY = false) {
  const written: string[] = [];
  return { isTTY, columns: 100, written, write: (text: string) => written.push(text) };
}

/** Runs a command line with actions that only remember, or those given. */
export async function run(
  line: string,
  own: Actions = {},
  env: Record<string, string> = {},
): Promise<Outcome> {
  const ran: [CommandName, unknown][] = [];
  const remembering = Object.fromEntries(
    commands.map((command) => [
      command,
      async (_: Session, options: unknown) => {
        ran.push([command, options]);
        return exitCodes.done;
      },
    ]),
  );
  const [stdout, stderr] = [memoryStream(), memoryStream()];
  const signal = new AbortController().signal;
  const args = line.split(' ').filter((word) => word !== '');
  const code = await runCommandLine(args, { ...remembering, ...own }, { stdout, stderr, env, signal });
  return { code, stdout: stdout.written.join(''), stderr: stderr.written.join(''), ran };
}
