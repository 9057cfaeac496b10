import { createLogger } from '../../../connectors/log.ts';

/** A log that nobody reads. */
export const silent = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });
