import type { TableFacts } from '../../connectors/catalog-records.ts';
import type { ServerTime } from '../../dynamodb/control-client.ts';
import { type ScanPage, type ScanOptions as ScanRequest, scanPages } from '../../dynamodb/scan.ts';
import type { TableDescription } from '../../dynamodb/table.ts';
import { describeTable } from '../../dynamodb/tables.ts';
import { type Access, clientsFor } from '../access.ts';
import { describeFacts } from '../table-facts.ts';

export type LiveTable = Pick<TableDescription, 'id' | 'billing'> & ServerTime;

/** The calls that a scan makes: all that the connector knows of the network. They throw DynamoDbError, or the signal's reason. */
export interface ScanClient {
  facts(table: string, signal: AbortSignal): Promise<TableFacts>;
  describeTable(table: string, signal: AbortSignal): Promise<LiveTable>;
  /** Throttles and transient errors are retried in it. */
  pages(request: ScanRequest): AsyncGenerator<ScanPage, void, undefined>;
}

export function scanClient(access: Access): ScanClient {
  const { control, tables } = clientsFor(access);
  return {
    facts: (table, signal) => describeFacts(control, table, signal),
    describeTable: (table, signal) => describeTable(control, table, signal),
    pages: (request) => scanPages(tables, request),
  };
}
