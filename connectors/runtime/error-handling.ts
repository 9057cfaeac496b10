import type { DeadLetterSettings, ErrorSettings } from '../config/settings.ts';

/** How long a target that fails is waited for. */
export type RetrySettings = Pick<ErrorSettings, 'retryTimeoutMs' | 'retryDelayMaxMs'>;

/** Which records that are set aside are logged, and how much of where they stood. */
export type ErrorLogSettings = Pick<ErrorSettings, 'log' | 'logMessages'>;

/** What a connector's configuration says of failures (`errors.…`), beside its tolerance. */
export interface ErrorHandling {
  /** Absent: {@link WAITS_FOR_EVER}, and nothing is logged. */
  readonly errors?: RetrySettings & ErrorLogSettings;
  /** Absent: the world's dead-letter topic, which is there already; letters carry context headers. */
  readonly deadLetters?: DeadLetterSettings;
}

export const WAITS_FOR_EVER: RetrySettings = { retryTimeoutMs: -1, retryDelayMaxMs: 15_000 };
