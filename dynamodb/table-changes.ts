import {
  type AttributeDefinition,
  CreateTableCommand,
  type CreateTableCommandInput,
  type KeySchemaElement,
  type StreamViewType,
  TagResourceCommand,
  UpdateTableCommand,
  type UpdateTableCommandInput,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type { KeySchema } from '../schemas/values.ts';
import { answered, type ControlClient, callOptions, type ServerTime } from './control-client.ts';
import { DynamoDbError } from './errors.ts';
import {
  type Billing,
  type Projection,
  readTable,
  type StreamSettings,
  type TableDescription,
} from './table.ts';
import { describeTable } from './tables.ts';

export interface IndexSpec {
  readonly name: string;
  readonly keySchema: KeySchema;
  readonly projection: Projection;
  readonly readUnits?: number;
  readonly writeUnits?: number;
}

export interface TableSpec {
  readonly name: string;
  readonly keySchema: KeySchema;
  /** Can only be made with the table. */
  readonly localIndexes?: readonly IndexSpec[];
  readonly globalIndexes?: readonly IndexSpec[];
  /** Default PAY_PER_REQUEST: Alternator from 2025.1 on refuses PROVISIONED with 0 units. */
  readonly billing?: Billing;
  readonly streamViewType?: StreamViewType;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Asks for a table; {@link waitActive} says when it can be used. Throws ResourceInUseException if it exists. */
export async function createTable(
  client: ControlClient,
  spec: TableSpec,
  signal?: AbortSignal,
): Promise<TableDescription & ServerTime> {
  const command = new CreateTableCommand(createTableInput(spec));
  const output = await answered(client.tables.send(command, callOptions(signal)), signal);
  return { ...readTable(output.TableDescription), serverTimeMs: output.serverTimeMs };
}

/** The request for {@link createTable}; `plan` shows it. */
export function createTableInput(spec: TableSpec): CreateTableCommandInput {
  const { billing, localIndexes = [], globalIndexes = [], streamViewType: viewType } = spec;
  const provisioned = billing?.mode === 'PROVISIONED';
  const tags = Object.entries(spec.tags ?? {});
  return {
    TableName: spec.name,
    KeySchema: keySchemaOf(spec.keySchema),
    AttributeDefinitions: definitionsOf([
      spec.keySchema,
      ...[...localIndexes, ...globalIndexes].map((i) => i.keySchema),
    ]),
    BillingMode: provisioned ? 'PROVISIONED' : 'PAY_PER_REQUEST',
    ...(provisioned ? throughputOf(billing) : {}),
    ...(localIndexes.length === 0 ? {} : { LocalSecondaryIndexes: localIndexes.map(indexOf) }),
    ...(globalIndexes.length === 0
      ? {}
      : { GlobalSecondaryIndexes: globalIndexes.map((index) => globalIndexOf(index, provisioned)) }),
    ...(viewType === undefined
      ? {}
      : { StreamSpecification: { StreamEnabled: true, StreamViewType: viewType } }),
    ...(tags.length === 0 ? {} : { Tags: tags.map(([Key, Value]) => ({ Key, Value })) }),
  };
}

/** Adds a global index to an existing table; it is ready when its status is ACTIVE. Rule C10: at cutover. */
export async function createGlobalIndex(
  client: ControlClient,
  table: TableDescription,
  index: IndexSpec,
  signal?: AbortSignal,
): Promise<ServerTime> {
  return updateTable(
    client,
    {
      TableName: table.name,
      AttributeDefinitions: definitionsOf([table.keySchema, index.keySchema]),
      GlobalSecondaryIndexUpdates: [{ Create: globalIndexOf(index, table.billing.mode === 'PROVISIONED') }],
    },
    signal,
  );
}

export interface EnabledStream extends ServerTime {
  readonly stream: StreamSettings;
  /** False when it was enabled before: then it is used as it is, whatever its view type. */
  readonly enabledNow: boolean;
}

/** Enables a table's stream, or finds it enabled. The service refuses a second one in two ways; both are well. */
export async function enableStream(
  client: ControlClient,
  table: string,
  viewType: StreamViewType,
  signal?: AbortSignal,
): Promise<EnabledStream> {
  const before = await describeTable(client, table, signal);
  if (before.stream?.enabled) {
    return { stream: before.stream, enabledNow: false, serverTimeMs: before.serverTimeMs };
  }
  let refusal: DynamoDbError | null = null;
  try {
    const StreamSpecification = { StreamEnabled: true, StreamViewType: viewType };
    await updateTable(client, { TableName: table, StreamSpecification }, signal);
  } catch (error) {
    // Somebody else enabled it meanwhile: ValidationException (AWS), ResourceInUseException (moto).
    if (!(error instanceof DynamoDbError)) throw error;
    if (error.kind !== 'validation' && error.code !== 'ResourceInUseException') throw error;
    refusal = error;
  }
  const after = await describeTable(client, table, signal);
  if (!after.stream?.enabled) {
    throw (
      refusal ??
      new DynamoDbError('STREAM_NOT_ENABLED', `table ${table} shows no stream after it was enabled`)
    );
  }
  return { stream: after.stream, enabledNow: refusal === null, serverTimeMs: after.serverTimeMs };
}

/** Disables a table's stream; its records stay readable for 24 hours. */
export async function disableStream(
  client: ControlClient,
  table: string,
  signal?: AbortSignal,
): Promise<ServerTime> {
  return updateTable(client, { TableName: table, StreamSpecification: { StreamEnabled: false } }, signal);
}

/** Enables time to live. Rule C10: at cutover, never before. */
export async function enableTtl(
  client: ControlClient,
  table: string,
  attribute: string,
  signal?: AbortSignal,
): Promise<ServerTime> {
  const TimeToLiveSpecification = { Enabled: true, AttributeName: attribute };
  const command = new UpdateTimeToLiveCommand({ TableName: table, TimeToLiveSpecification });
  return answered(client.tables.send(command, callOptions(signal)), signal);
}

export async function tagTable(
  client: ControlClient,
  tableArn: string,
  tags: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<ServerTime> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const command = new TagResourceCommand({ ResourceArn: tableArn, Tags });
  return answered(client.tables.send(command, callOptions(signal)), signal);
}

async function updateTable(
  client: ControlClient,
  input: UpdateTableCommandInput,
  signal: AbortSignal | undefined,
): Promise<ServerTime> {
  return answered(client.tables.send(new UpdateTableCommand(input), callOptions(signal)), signal);
}

function keySchemaOf(keySchema: KeySchema): KeySchemaElement[] {
  return keySchema.map(({ name }, i) => ({ AttributeName: name, KeyType: i === 0 ? 'HASH' : 'RANGE' }));
}

// Exactly those that keys name: DynamoDB refuses others ("Some AttributeDefinitions are not used").
function definitionsOf(schemas: readonly KeySchema[]): AttributeDefinition[] {
  const types = new Map(schemas.flat().map(({ name, type }) => [name, type] as const));
  return [...types].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }));
}

function indexOf(index: IndexSpec) {
  const { type, attributes } = index.projection;
  return {
    IndexName: index.name,
    KeySchema: keySchemaOf(index.keySchema),
    Projection: {
      ProjectionType: type,
      ...(type === 'INCLUDE' ? { NonKeyAttributes: [...attributes] } : {}),
    },
  };
}

function globalIndexOf(index: IndexSpec, provisioned: boolean) {
  const units = { readUnits: index.readUnits ?? 1, writeUnits: index.writeUnits ?? 1 };
  return { ...indexOf(index), ...(provisioned ? throughputOf(units) : {}) };
}

function throughputOf(units: { readonly readUnits: number; readonly writeUnits: number }) {
  return {
    ProvisionedThroughput: { ReadCapacityUnits: units.readUnits, WriteCapacityUnits: units.writeUnits },
  };
}
