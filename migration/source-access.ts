import { type Access, clientsFor, type SourceClients } from '../source/access.ts';
import type { Migration } from './config/defaults.ts';

/** What all source connectors have: where DynamoDB is, and who asks. */
export function accessOf(migration: Migration): Access {
  const { region, endpoint, credentials } = migration.source;
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  } as Access;
}

export function sourceClients(migration: Migration): SourceClients {
  return clientsFor(accessOf(migration));
}
