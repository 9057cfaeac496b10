import type { Logger } from '../../connectors/log.ts';

/** What a command about dead letters was asked for. */
export interface LetterRequest {
  /** Tables of the file; none: all. */
  readonly tables: readonly string[];
  /** Only letters of this code; null: all. */
  readonly reason: string | null;
  /** Also what connectors of other files have set aside in the same topic. */
  readonly everybodys: boolean;
  readonly signal: AbortSignal;
  readonly log: Logger;
}
