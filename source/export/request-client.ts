import type { ServerTime } from '../../dynamodb/control-client.ts';
import {
  describeExport,
  type ExportRequest,
  type ExportState,
  enablePointInTimeRecovery,
  requestExport,
} from '../../dynamodb/exports.ts';
import type { TableDescription } from '../../dynamodb/table.ts';
import { type ContinuousBackups, describeContinuousBackups, describeTable } from '../../dynamodb/tables.ts';
import { type Access, clientsFor } from '../access.ts';

/** What asking for an export wants to know of a table. */
export type LiveTable = Pick<TableDescription, 'arn' | 'id' | 'sizeBytes'> & ServerTime;

/**
 * The calls that an export takes: all that asking for one knows of the network.
 *
 * They throw DynamoDbError, or the signal's reason. None is repeated here.
 */
export interface RequestClient {
  describeTable(table: string, signal: AbortSignal): Promise<LiveTable>;
  backups(table: string, signal: AbortSignal): Promise<ContinuousBackups>;
  enableBackups(table: string, signal: AbortSignal): Promise<void>;
  /** Repeatable: the token makes the same request the same export. */
  request(request: ExportRequest, signal: AbortSignal): Promise<ExportState>;
  describeExport(arn: string, signal: AbortSignal): Promise<ExportState>;
}

export function requestClient(access: Access): RequestClient {
  const { control } = clientsFor(access);
  return {
    describeTable: (table, signal) => describeTable(control, table, signal),
    backups: (table, signal) => describeContinuousBackups(control, table, signal),
    enableBackups: (table, signal) => enablePointInTimeRecovery(control, table, signal),
    request: (request, signal) => requestExport(control, request, signal),
    describeExport: (arn, signal) => describeExport(control, arn, signal),
  };
}
