import { runWorker } from '../../connectors/worker/run-worker.ts';
import * as sink from '../../sink/plugins.ts';
import * as source from '../../source/plugins.ts';
import type { WorkerOptions } from '../commands/worker.ts';
import { type ExitCode, exitCodes } from '../exit.ts';
import type { Session } from '../session.ts';

/** Where each kind of worker has its plugins, for other threads. */
const kinds = {
  source: { own: source, module: '../../source/plugins.js' },
  sink: { own: sink, module: '../../sink/plugins.js' },
} as const;

export async function runWorkerOf(
  kind: keyof typeof kinds,
  session: Session,
  { config }: WorkerOptions,
): Promise<ExitCode> {
  const { own, module } = kinds[kind];
  await runWorker({
    config,
    own,
    pluginsModule: new URL(module, import.meta.url).href,
    env: session.env,
    log: session.log,
    signal: session.signal,
    onListening: (urls) => session.print(`listening at ${urls.join(', ')}`),
  });
  return exitCodes.done;
}
