import type cassandra from 'cassandra-driver';
import type { ChangeRecord, Op } from '../../../schemas/change.ts';
import { compileMapping } from '../../../schemas/cql/compile.ts';
import { mappingDocument } from '../../../schemas/cql/mapping-schema.ts';
import type { TableMapping } from '../../../schemas/cql/table-mapping.ts';
import { Item } from '../../../schemas/item.ts';
import { encodeKey } from '../../../schemas/key.ts';
import type { AttributeValue, KeySchema } from '../../../schemas/values.ts';
import { attributes } from '../../sink-records.ts';

export const keySchema: KeySchema = [{ name: 'id', type: 'S' }];

/** The table's mapping as a user would write it. */
export function mappingFrom(document: object): TableMapping {
  return compileMapping(mappingDocument.parse({ table: 'T', ...document }), { table: 'T', keySchema });
}

const columns = [
  { column: 'id', type: 'text', attribute: 'id' },
  { column: 'n', type: 'int', attribute: 'n' },
  { column: 'note', type: 'text', attribute: 'note' },
];
const leftovers = { column: 'other' };

/** The source's own key. */
export const plainMapping = mappingFrom({ columns, leftovers });

/** Another partition key, so that rows move when `genre` changes. */
export const movingMapping = mappingFrom({
  columns: [...columns, { column: 'genre', type: 'text', attribute: 'genre' }],
  key: { partition: ['genre'], clustering: ['id'] },
  leftovers,
});

export const nowSeconds = 1_763_690_000;
export const V = (nowSeconds - 3600) * 1_000_000;

export function itemOf(id: string, others: Readonly<Record<string, AttributeValue>> = {}): Item {
  return Item.fromAvro(Item.fromAttributes(attributes({ id: { S: id }, ...others })).avro);
}

export function keyOf(id: string): Buffer {
  return encodeKey(keySchema, attributes({ id: { S: id } }));
}

/** A change of an item; `more` gives what is not usual. */
export function changeOf(op: Op, id: string, version: number, more: Partial<ChangeRecord>): ChangeRecord {
  return {
    op,
    version,
    table: 'T',
    origin: { shard: 's', sequence: '1'.repeat(21), event: 'e', ttl: false },
    timestampMs: Math.floor(version / 1000),
    key: keyOf(id),
    before: null,
    after: null,
    ...more,
  };
}

/** A row of a snapshot. */
export function rowOf(id: string, version: number, more: Partial<ChangeRecord>): ChangeRecord {
  return changeOf('r', id, version, { origin: { snapshot: 's', file: 'f', line: 1 }, ...more });
}

export function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

/** A row as the driver gives it for a client that leaves cells as bytes. */
export function fakeRow(cells: readonly (Buffer | null)[]): cassandra.types.Row {
  const get = (name: string | number) => cells[Number(String(name).slice(1))] ?? null;
  return { get, keys: () => [], values: () => [...cells], forEach: () => {} };
}
