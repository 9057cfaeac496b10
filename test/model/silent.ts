import type { Logger } from '../../connectors/log.ts';

const nothing = () => {};

/** A log that nobody reads. */
export const silent = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
  child: () => silent,
} as unknown as Logger;
