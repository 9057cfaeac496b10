import cassandra from 'cassandra-driver';
import { type JsonItem, type Shape, tableNameOf } from './shapes.ts';

interface Column {
  readonly name: string;
  readonly type: string;
  readonly json?: true;
  /** The shape has it as NULL. */
  readonly nulls?: true;
}

const text = (name: string): Column => ({ name, type: 'text' });
const decimal = (name: string): Column => ({ name, type: 'decimal' });
const json = (name: string): Column => ({ name, type: 'text', json: true });
const named = (count: number, prefix: string, column: (name: string) => Column) =>
  Array.from({ length: count }, (_, i) => column(`${prefix}${i}`));

/** The typed columns of a shape: the same table for messina's mapping and for the usual loop. */
const columns: Readonly<Record<Shape, readonly Column[]>> = {
  a: [
    ...['pk', 'sk'].map(text),
    decimal('amount'),
    { name: 'version', type: 'int' },
    { name: 'active', type: 'boolean' },
    text('note'),
  ],
  b: [
    ...['pk', 'sk'].map(text),
    ...named(12, 'attr_str_', text),
    ...named(6, 'attrNum', decimal),
    { name: 'isPaid', type: 'boolean' },
    { name: 'deletedAt', type: 'text', nulls: true },
    { name: 'tags', type: 'frozen<set<text>>' },
    { name: 'blob', type: 'blob' },
    json('meta'),
  ],
  c: [
    ...['pk', 'sk'].map(text),
    ...['lines', 'events'].map(json),
    text('body'),
    { name: 'raw', type: 'blob' },
    { name: 'tags', type: 'frozen<set<text>>' },
    { name: 'numbers', type: 'frozen<set<decimal>>' },
  ],
};

export const keyspace = 'bench';
export const usualTable = (shape: Shape) => `usual_${shape}`;

/** The mapping file of a shape: JSON is YAML. */
export function mappingOf(shape: Shape): string {
  return JSON.stringify({
    table: tableNameOf(shape),
    columns: columns[shape].map(({ name, type, json: isJson, nulls }) => ({
      column: name,
      type,
      attribute: name,
      ...(isJson && { as: 'json' }),
      ...(nulls && { onMismatch: 'null' }),
    })),
    leftovers: 'dead-letter',
  });
}

/** Makes the keyspace, and the tables of the usual loop. */
export async function createTables(contactPoint: string, shapes: readonly Shape[]): Promise<void> {
  const client = clientOf(contactPoint);
  try {
    const replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
    await client.execute(`CREATE KEYSPACE ${keyspace} WITH replication = ${replication}`);
    for (const shape of shapes) {
      const list = columns[shape].map(({ name, type }) => `"${name}" ${type}`).join();
      await client.execute(`CREATE TABLE ${keyspace}.${usualTable(shape)} (${list}, PRIMARY KEY (pk, sk))`);
    }
  } finally {
    await client.shutdown();
  }
}

export function clientOf(contactPoint: string): cassandra.Client {
  return new cassandra.Client({ contactPoints: [contactPoint], localDataCenter: 'datacenter1' });
}

export function insertOf(shape: Shape): string {
  const names = columns[shape].map(({ name }) => `"${name}"`);
  return `INSERT INTO ${keyspace}.${usualTable(shape)} (${names.join()}) VALUES (${names.map(() => '?').join()})`;
}

/** The values as a script has them: plain objects, which the driver encodes. */
export function paramsOf(shape: Shape, item: JsonItem): unknown[] {
  return columns[shape].map(({ name, type, json: isJson }) => {
    const value = item[name];
    if (value === undefined || 'NULL' in value) return null;
    if (isJson) return JSON.stringify(value);
    return plain(value, type);
  });
}

function plain(value: JsonItem[string], type: string): unknown {
  const { S, N, B, BOOL, SS, NS } = value;
  if (S !== undefined) return S;
  if (N !== undefined) return type === 'int' ? Number(N) : cassandra.types.BigDecimal.fromString(String(N));
  if (B !== undefined) return Buffer.from(String(B), 'base64');
  if (BOOL !== undefined) return BOOL;
  if (NS !== undefined) return (NS as string[]).map((one) => cassandra.types.BigDecimal.fromString(one));
  return SS;
}
