import type {
  AttributeDefinition,
  KeySchemaElement,
  TableDescription as SdkTable,
} from '@aws-sdk/client-dynamodb';
import type { KeyAttribute, KeySchema } from '../schemas/values.ts';
import { DynamoDbError } from './errors.ts';

/** What Messina needs to know of a table. */
export interface TableDescription {
  readonly name: string;
  readonly arn: string;
  /** TableId; null where the service has none. */
  readonly id: string | null;
  /** CREATING, UPDATING, DELETING, ACTIVE, … (API reference: TableStatus). */
  readonly status: string;
  readonly keySchema: KeySchema;
  /** All attributes that a key of the table or of an index names, in the order given. */
  readonly attributeDefinitions: readonly KeyAttribute[];
  readonly localIndexes: readonly IndexDescription[];
  readonly globalIndexes: readonly IndexDescription[];
  readonly billing: Billing;
  /** The newest stream, also after it was disabled; null if there never was one. */
  readonly stream: StreamSettings | null;
  /** Refreshed by DynamoDB about every 6 hours; null where the service does not count. */
  readonly itemCount: number | null;
  readonly sizeBytes: number | null;
}

export interface IndexDescription {
  readonly name: string;
  readonly keySchema: KeySchema;
  readonly projection: Projection;
  /** Of a global index; null for a local one. */
  readonly status: string | null;
  /** Of a provisioned global index; else 0. */
  readonly readUnits: number;
  readonly writeUnits: number;
}

export interface Projection {
  readonly type: 'ALL' | 'KEYS_ONLY' | 'INCLUDE';
  /** Further attributes; only with INCLUDE. */
  readonly attributes: readonly string[];
}

/** Units are 0 when paid per request. */
export interface Billing {
  readonly mode: 'PROVISIONED' | 'PAY_PER_REQUEST';
  readonly readUnits: number;
  readonly writeUnits: number;
}

export interface StreamSettings {
  readonly arn: string;
  /** NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES or KEYS_ONLY. */
  readonly viewType: string;
  readonly enabled: boolean;
}

/** Reads the SDK's description, where everything is optional, into ours. */
export function readTable(table: SdkTable | undefined): TableDescription {
  if (table?.TableName === undefined)
    throw new DynamoDbError('CORRUPT_ANSWER', 'a description names no table');
  const definitions = table.AttributeDefinitions ?? [];
  return {
    name: table.TableName,
    arn: table.TableArn ?? '',
    id: table.TableId ?? null,
    status: table.TableStatus ?? 'ACTIVE',
    keySchema: readKeySchema(table.KeySchema, definitions),
    attributeDefinitions: definitions.map(readDefinition),
    localIndexes: (table.LocalSecondaryIndexes ?? []).map((index) => readIndex(index, definitions)),
    globalIndexes: (table.GlobalSecondaryIndexes ?? []).map((index) => readIndex(index, definitions)),
    billing: readBilling(table),
    stream: readStream(table),
    itemCount: table.ItemCount ?? null,
    sizeBytes: table.TableSizeBytes ?? null,
  };
}

type SdkIndex = NonNullable<SdkTable['LocalSecondaryIndexes']>[number] &
  Pick<NonNullable<SdkTable['GlobalSecondaryIndexes']>[number], 'IndexStatus' | 'ProvisionedThroughput'>;

function readIndex(index: SdkIndex, definitions: readonly AttributeDefinition[]): IndexDescription {
  const { Projection: projection, ProvisionedThroughput: units } = index;
  return {
    name: index.IndexName ?? '',
    keySchema: readKeySchema(index.KeySchema, definitions),
    projection: { type: projection?.ProjectionType ?? 'ALL', attributes: projection?.NonKeyAttributes ?? [] },
    status: index.IndexStatus ?? null,
    readUnits: units?.ReadCapacityUnits ?? 0,
    writeUnits: units?.WriteCapacityUnits ?? 0,
  };
}

// Partition key first, whatever the order of the answer; the sort is stable, for indexes of several attributes.
function readKeySchema(
  elements: readonly KeySchemaElement[] | undefined,
  definitions: readonly AttributeDefinition[],
): KeySchema {
  const rank = (element: KeySchemaElement): number => (element.KeyType === 'HASH' ? 0 : 1);
  const sorted = [...(elements ?? [])].sort((a, b) => rank(a) - rank(b));
  return sorted.map((element) => {
    const definition = definitions.find(({ AttributeName }) => AttributeName === element.AttributeName);
    if (definition === undefined)
      throw new DynamoDbError('CORRUPT_ANSWER', 'a key attribute has no definition');
    return readDefinition(definition);
  });
}

function readDefinition(definition: AttributeDefinition): KeyAttribute {
  const { AttributeName: name, AttributeType: type } = definition;
  if (name === undefined || (type !== 'S' && type !== 'N' && type !== 'B')) {
    throw new DynamoDbError('CORRUPT_ANSWER', 'an attribute definition has no name or type');
  }
  return { name, type };
}

function readBilling(table: SdkTable): Billing {
  const readUnits = table.ProvisionedThroughput?.ReadCapacityUnits ?? 0;
  const writeUnits = table.ProvisionedThroughput?.WriteCapacityUnits ?? 0;
  // Without a summary the table was always provisioned, says AWS; some stand-ins leave it out with 0 units.
  const mode = table.BillingModeSummary?.BillingMode ?? (readUnits > 0 ? 'PROVISIONED' : 'PAY_PER_REQUEST');
  return { mode, readUnits, writeUnits };
}

function readStream(table: SdkTable): StreamSettings | null {
  if (table.LatestStreamArn === undefined) return null;
  return {
    arn: table.LatestStreamArn,
    viewType: table.StreamSpecification?.StreamViewType ?? '',
    enabled: table.StreamSpecification?.StreamEnabled === true,
  };
}
