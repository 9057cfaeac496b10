import type { WorkerSettings } from '../../config/settings.ts';
import { ConnectError, type ErrorCode, type ErrorDetail } from '../../errors.ts';
import type { LogLevel } from '../../log.ts';
import type { MetricSnapshot } from '../../metrics/instruments.ts';
import type { TaskOrder } from './task-runner.ts';

/** What a thread is made with; plain objects only, as all that passes between threads. */
export interface ThreadSetup {
  readonly settings: WorkerSettings;
  /** URL of the module that exports the worker's own `plugins`, and `awsCredentials`. */
  readonly pluginsModule: string;
  /** Folder that relative paths of placeholders count from. */
  readonly folder: string;
  readonly workerId: string;
  readonly logLevel: LogLevel;
}

/** To a thread. */
export type Command =
  | { readonly type: 'start'; readonly order: TaskOrder }
  | { readonly type: 'stop'; readonly key: string }
  | { readonly type: 'level'; readonly logger: string; readonly level: string }
  | { readonly type: 'metrics' }
  | { readonly type: 'close' };

/** From a thread. */
export type Report =
  | { readonly type: 'failed'; readonly error: PlainError }
  | {
      readonly type: 'errors';
      readonly key: string;
      readonly errors: readonly (readonly [string, PlainError])[];
    }
  | { readonly type: 'stopped'; readonly key: string }
  | { readonly type: 'metrics'; readonly snapshot: readonly MetricSnapshot[] }
  | { readonly type: 'log'; readonly line: string };

export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail: ErrorDetail;
}

export const plainError = ({ code, message, detail }: ConnectError): PlainError => ({
  code,
  message,
  detail,
});

export const fromPlain = ({ code, message, detail }: PlainError): ConnectError =>
  new ConnectError(code, message, { detail });
