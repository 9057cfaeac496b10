import type { ProcessOptions, ServiceProcess } from './process.ts';
import { startProcess } from './process.ts';
import type { WorkDirectory } from './work-directory.ts';

/** What every local service can do. Disposing stops it. */
export interface LocalService extends AsyncDisposable {
  /** File with the service's output. */
  readonly log: string;
  /** Ends it for good; a temporary directory goes with it. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash; `restart` brings it back. */
  kill(): Promise<void>;
  /** Starts it again at the same address, on the same data if it keeps any; stops it first if it runs. */
  restart(): Promise<void>;
}

export type ServiceOptions = Omit<ProcessOptions, 'directory' | 'log' | 'scratch'>;

/** Starts a process as a service that can be killed and started again. */
export async function startService(
  options: ServiceOptions,
  work: WorkDirectory,
  log: string,
): Promise<LocalService> {
  const start = (): Promise<ServiceProcess> =>
    startProcess({
      ...options,
      directory: work.path,
      log,
      ...(work.scratch === undefined ? {} : { scratch: work.scratch }),
    });
  let current = await start().catch(async (error: unknown) => {
    await work.remove();
    throw error;
  });
  const stop = async () => {
    await current.stop();
    await work.remove();
  };
  return {
    log,
    stop,
    kill: () => current.kill(),
    restart: async () => {
      await current.stop();
      current = await start();
    },
    [Symbol.asyncDispose]: stop,
  };
}
