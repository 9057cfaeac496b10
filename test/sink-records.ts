import type { SinkTable, TableFacts } from '../connectors/catalog-records.ts';
import type { ChangeRecord, Op } from '../schemas/change.ts';
import { Item } from '../schemas/item.ts';
import { encodeKey } from '../schemas/key.ts';
import type { Attributes, AttributeValue, KeySchema } from '../schemas/values.ts';

/** Facts of a table; what is not given is not known, or none. */
export function tableFacts(
  table: string,
  keySchema: KeySchema = [{ name: 'id', type: 'S' }],
  known: Partial<TableFacts> = {},
): TableFacts {
  return {
    table,
    arn: null,
    tableId: null,
    keySchema,
    attributeTypes: Object.fromEntries(keySchema.map(({ name, type }) => [name, type])),
    localIndexes: [],
    globalIndexes: [],
    ttlAttribute: null,
    itemCount: null,
    sizeBytes: null,
    ...known,
  };
}

/** A table as a sink is told of it. */
export function sinkTable(table: string, keySchema?: KeySchema): SinkTable {
  return { facts: tableFacts(table, keySchema) };
}

let clock = 1_763_686_800_000_000;

/** A version above all that were given out before. */
export function nextVersion(): number {
  return clock++;
}

/** The record that puts an item; its key is made of its attributes. */
export function putRecord(table: SinkTable, attributes: Attributes, op: Op = 'u'): ChangeRecord {
  return record(table, attributes, op, Item.fromAvro(Item.fromAttributes(attributes).avro));
}

/** The record that deletes the item of a key. */
export function deleteRecord(table: SinkTable, key: Attributes): ChangeRecord {
  return record(table, key, 'd', null);
}

/** Attributes from pairs of name and value. */
export function attributes(entries: Readonly<Record<string, AttributeValue>>): Attributes {
  return new Map(Object.entries(entries));
}

function record(table: SinkTable, keyFrom: Attributes, op: Op, after: Item | null): ChangeRecord {
  const version = nextVersion();
  return {
    op,
    version,
    table: table.facts.table,
    origin: {
      shard: 'shardId-1',
      sequence: String(version).padStart(21, '1'),
      event: `e${version}`,
      ttl: false,
    },
    timestampMs: Math.floor(version / 1000),
    key: encodeKey(table.facts.keySchema, keyFrom),
    before: null,
    after,
  };
}
