import type cassandra from 'cassandra-driver';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import type { CqlTable } from '../../../schemas/cql/table-mapping.ts';
import type { CqlType, NativeTypeName } from '../../../schemas/cql/type.ts';
import type { Cluster } from '../../../sink/cql/cluster.ts';
import { differencesOf, outdatedTypes, typeDifferencesOf } from '../../../sink/cql/differences.ts';
import { type FoundTable, findTableId, typesOf } from '../../../sink/cql/found-table.ts';
import { inspectTable, makeTable, planTable } from '../../../sink/cql/table.ts';

const native = (name: NativeTypeName): CqlType => ({ kind: 'native', name });
const wanted: CqlTable = {
  name: 'Orders',
  partitionKey: [{ name: 'id', type: native('text') }],
  clusteringKey: [{ name: 'at', type: native('bigint') }],
  columns: [
    { name: 'price', type: native('decimal') },
    { name: 'tags', type: { kind: 'list', frozen: true, element: native('int') } },
  ],
  types: [],
  options: null,
};
const found: FoundTable = {
  partitionKey: [{ name: 'id', type: 'text' }],
  clusteringKey: [{ name: 'at', type: 'bigint' }],
  columns: [
    { name: 'price', type: 'decimal' },
    { name: 'tags', type: 'frozen<list<int>>' },
    { name: 'theirs', type: 'counter' },
  ],
  statics: [],
  defaultTtlSeconds: 0,
  tombstones: {},
};

type Row = Readonly<Record<string, unknown>>;

/** The system tables of a ScyllaDB with one table, or none; it keeps what it is asked to change. */
class FakeScylla {
  readonly changes: string[] = [];
  agrees = true;
  hasTable: boolean;
  tombstones = "{'mode': 'repair', 'propagation_delay_in_seconds': '3600'}";

  constructor(hasTable: boolean) {
    this.hasTable = hasTable;
  }

  get cluster(): Cluster {
    return this.clusterOf('scylladb');
  }

  clusterOf(dialect: Cluster['dialect']): Cluster {
    return {
      client: undefined as unknown as cassandra.Client,
      execute: async () => ({ rows: [] }) as unknown as cassandra.types.ResultSet,
      dialect,
      keyspace: 'music',
      writes: {},
      reads: {},
      dataCenters: new Map([['dc1', 3]]),
      query: async (text: string) => this.#rows(text) as cassandra.types.Row[],
      changeSchema: async (text: string) => this.#change(text),
      [Symbol.asyncDispose]: async () => {},
    };
  }

  #change(text: string): boolean {
    this.changes.push(text);
    if (text.startsWith('CREATE TABLE')) this.hasTable = true;
    const mode = /tombstone_gc = (\{.*\})/.exec(text)?.[1];
    if (mode !== undefined) this.tombstones = mode;
    return this.agrees;
  }

  #rows(text: string): Row[] {
    if (text.includes('system_schema.keyspaces')) return [{ keyspace_name: 'music' }];
    if (!this.hasTable || text.includes('system_schema.types')) return [];
    if (text.includes('system_schema.tables'))
      return [{ id: 'id-1', gc_grace_seconds: 864_000, default_time_to_live: 0 }];
    if (text === 'DESCRIBE TABLE "music"."Orders"') {
      const statement = `CREATE TABLE music."Orders" (…) WITH comment = ''\n    AND tombstone_gc = ${this.tombstones};`;
      return [{ create_statement: statement }];
    }
    return [
      { column_name: 'price', kind: 'regular', position: -1, type: 'decimal' },
      { column_name: 'at', kind: 'clustering', position: 0, type: 'bigint' },
      { column_name: 'tags', kind: 'regular', position: -1, type: 'frozen<list<int>>' },
      { column_name: 'id', kind: 'partition_key', position: 0, type: 'text' },
    ];
  }
}

const context = { log: pino({ level: 'silent' }), clock: systemClock, signal: new AbortController().signal };
const options = { createTables: true, existing: 'refuse' } as const;
const disable = `ALTER TABLE "music"."Orders" WITH tombstone_gc = {'mode': 'disabled'}`;

test('a table is told from another of its name by the id that the cluster gave it', async () => {
  expect(await findTableId(new FakeScylla(true).cluster, 'Orders')).toBe('id-1');
  expect(await findTableId(new FakeScylla(false).cluster, 'Orders')).toBeNull();
});

describe('a table on ScyllaDB', () => {
  test('is created, and keeps its tombstones until they are put back as they were', async () => {
    const scylla = new FakeScylla(false);
    const plan = await planTable(scylla.cluster, wanted, options, true, context);
    expect(scylla.changes).toEqual([]);
    expect(await makeTable(scylla.cluster, wanted, options, true, context)).toEqual({
      tombstone_gc: "{'mode': 'repair', 'propagation_delay_in_seconds': '3600'}",
    });
    expect(plan).toEqual({ exists: false, statements: scylla.changes });
    expect(scylla.changes.at(-1)).toBe(disable);
    expect(await makeTable(scylla.cluster, wanted, options, true, context)).toEqual({});
    expect(scylla.changes).toHaveLength(2);
  });

  test('that exists is changed in its tombstones only', async () => {
    const scylla = new FakeScylla(true);
    expect(await planTable(scylla.cluster, wanted, options, true, context)).toEqual({
      exists: true,
      statements: [disable],
    });
    await makeTable(scylla.cluster, wanted, options, true, context);
    expect(scylla.changes).toEqual([disable]);
  });

  test('is not written while nodes do not agree on it', async () => {
    const scylla = new FakeScylla(false);
    scylla.agrees = false;
    await expect(makeTable(scylla.cluster, wanted, options, true, context)).rejects.toMatchObject({
      code: 'TARGET_UNREACHABLE',
    });
  });

  test('may have a longer name than on Cassandra', async () => {
    const scylla = new FakeScylla(false);
    const name = (length: number) => ({ ...wanted, name: 'x'.repeat(length) });
    expect(await inspectTable(scylla.cluster, name(192), options, true, context)).toBeNull();
    for (const [cluster, length] of [
      [scylla.cluster, 193],
      [scylla.clusterOf('cassandra'), 49],
    ] as const) {
      await expect(inspectTable(cluster, name(length), options, true, context)).rejects.toMatchObject({
        code: 'TARGET_SCHEMA',
      });
    }
  });
});

describe('an existing table', () => {
  const none = new Map();

  test('agrees when key and columns do, whatever else it has', () => {
    expect(differencesOf(wanted, found, none)).toEqual([]);
  });

  test.each<[string, Partial<FoundTable>, string]>([
    [
      'another key',
      { partitionKey: [{ name: 'Id', type: 'text' }] },
      'its partition key is ("Id" text), that of the mapping ("id" text)',
    ],
    [
      'a key column of another type',
      { clusteringKey: [{ name: 'at', type: 'int' }] },
      'its clustering key is ("at" int), that of the mapping ("at" bigint)',
    ],
    [
      'no clustering key',
      { clusteringKey: [] },
      'its clustering key is empty, that of the mapping ("at" bigint)',
    ],
    ['a static column', { statics: ['price'] }, 'column "price" is static: all rows of a partition share it'],
    [
      'a collection that is not frozen',
      { columns: [found.columns[0]!, { name: 'tags', type: 'list<int>' }] },
      'column "tags" is list<int>, the mapping makes it frozen<list<int>>',
    ],
    [
      'a type that no attribute becomes',
      { columns: [{ name: 'price', type: 'vector<float, 3>' }, found.columns[1]!] },
      'column "price" is vector<float, 3>, the mapping makes it decimal',
    ],
    ['no such column', { columns: [found.columns[0]!] }, 'column "tags" (frozen<list<int>>) is missing'],
    [
      'rows that vanish',
      { defaultTtlSeconds: 60 },
      'default_time_to_live is 60: rows would vanish; it must be 0',
    ],
  ])('with %s differs', (_what, more, difference) => {
    expect(differencesOf(wanted, { ...found, ...more }, none)).toEqual([difference]);
  });

  test('whose key holds a column that the mapping has elsewhere says so', () => {
    const keyed = { ...found, partitionKey: [...found.partitionKey, { name: 'price', type: 'decimal' }] };
    expect(differencesOf(wanted, keyed, none)).toContain('column "price" belongs to its key');
  });
});

describe('user-defined types', () => {
  test('are read in whatever order they come, and use each other', () => {
    const types = typesOf([
      { name: 'outer', fieldNames: ['in'], fieldTypes: ['frozen<"Inner">'] },
      { name: 'Inner', fieldNames: ['n'], fieldTypes: ['int'] },
      { name: 'theirs', fieldNames: ['d'], fieldTypes: ['duration'] },
    ]);
    expect([...types.keys()]).toEqual(['Inner', 'outer']);
  });

  test('must have the same fields in the same order, or be missing', () => {
    const fields = [
      { name: 'a', type: native('int') },
      { name: 'b', type: native('text') },
    ];
    const table = { ...wanted, types: [{ name: 'T', fields }] };
    const typesWith = (fieldNames: string[], fieldTypes: string[]) =>
      typesOf([{ name: 'T', fieldNames, fieldTypes }]);
    expect(typeDifferencesOf(table, new Map())).toEqual([]);
    expect(typeDifferencesOf(table, typesWith(['a', 'b'], ['int', 'text']))).toEqual([]);
    expect(typeDifferencesOf(table, typesWith(['b', 'a'], ['text', 'int']))).toEqual([
      'type "T" has the fields ("b" text, "a" int), the mapping ("a" int, "b" text)',
    ]);
    expect(typeDifferencesOf(table, typesWith(['a'], ['int']))).toHaveLength(1);
  });

  test('that use one which is defined in another way now go before it', () => {
    const inner = { name: 'Inner', fields: [{ name: 'n', type: native('text') }] };
    const use = { kind: 'udt', frozen: true, ...inner } as const;
    const outer = { name: 'outer', fields: [{ name: 'in', type: use }] };
    const table = { ...wanted, types: [{ name: 'apart', fields: inner.fields }, inner, outer] };
    const foundWith = (type: string) =>
      typesOf([
        { name: 'apart', fieldNames: ['n'], fieldTypes: ['text'] },
        { name: 'Inner', fieldNames: ['n'], fieldTypes: [type] },
        { name: 'outer', fieldNames: ['in'], fieldTypes: ['frozen<"Inner">'] },
      ]);
    expect(outdatedTypes(table, foundWith('int'))).toEqual(['outer', 'Inner']);
    expect(outdatedTypes(table, foundWith('text'))).toEqual([]);
  });
});
