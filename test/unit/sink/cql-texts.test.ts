import { describe, expect, test } from 'vitest';
import type { CqlTable } from '../../../schemas/cql/table-mapping.ts';
import type { CqlType, NativeTypeName } from '../../../schemas/cql/type.ts';
import {
  alterTableText,
  createKeyspaceText,
  createTableText,
  createTypeText,
  dropTableText,
  dropTypeText,
  LONG_LIVED_TOMBSTONES,
} from '../../../sink/cql/ddl.ts';
import {
  deleteText,
  insertText,
  selectAnyText,
  selectRangeText,
  selectText,
  selectTimesText,
} from '../../../sink/cql/statements.ts';

const native = (name: NativeTypeName): CqlType => ({ kind: 'native', name });
const place: CqlType = {
  kind: 'udt',
  frozen: true,
  name: 'Place',
  fields: [{ name: 'x y', type: native('int') }],
};

/** Names that only quotes keep: capitals, a word of CQL, spaces, quotes. */
const odd: CqlTable = {
  name: 'Orders',
  partitionKey: [
    { name: 'Pk', type: native('text') },
    { name: 'a"b', type: native('decimal') },
  ],
  clusteringKey: [{ name: 'select', type: native('blob') }],
  columns: [
    { name: 'at', type: native('timestamp') },
    { name: 'tags', type: { kind: 'set', frozen: false, element: native('text') } },
    { name: 'place', type: place },
    { name: 'attributes', type: { kind: 'map', frozen: true, key: native('text'), value: native('text') } },
  ],
  types: [{ name: 'Place', fields: [{ name: 'x y', type: native('int') }] }],
  options: "compaction = {'class': 'LeveledCompactionStrategy'}",
};
const small: CqlTable = {
  name: 't',
  partitionKey: [{ name: 'id', type: native('text') }],
  clusteringKey: [],
  columns: [],
  types: [],
  options: null,
};

describe('statements', () => {
  test('write a row with all its columns, with its version, and with a time to live', () => {
    const columns = '"Pk", "a""b", "select", "at", "tags", "place", "attributes"';
    const insert = `INSERT INTO "Music"."Orders" (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`;
    expect(insertText('Music', odd, false)).toBe(insert);
    expect(insertText('Music', odd, true)).toBe(`${insert} AND TTL ?`);
    expect(insertText('m', small, false)).toBe('INSERT INTO "m"."t" ("id") VALUES (?) USING TIMESTAMP ?');
  });

  test('delete a row with its version', () => {
    expect(deleteText('Music', odd)).toBe(
      'DELETE FROM "Music"."Orders" USING TIMESTAMP ? WHERE "Pk" = ? AND "a""b" = ? AND "select" = ?',
    );
    expect(deleteText('m', small)).toBe('DELETE FROM "m"."t" USING TIMESTAMP ? WHERE "id" = ?');
  });

  test('read a row, a range of tokens, and when cells were written', () => {
    expect(selectText('m', small)).toBe('SELECT "id" FROM "m"."t" WHERE "id" = ?');
    const range = 'SELECT "id" FROM "m"."t" WHERE token("id") > ? AND token("id") <= ?';
    expect(selectRangeText('m', small, 'cassandra')).toBe(range);
    expect(selectRangeText('m', small, 'scylladb')).toBe(`${range} BYPASS CACHE`);
    expect(selectRangeText('m', odd, 'cassandra')).toContain(
      'token("Pk", "a""b") > ? AND token("Pk", "a""b") <= ?',
    );
    expect(selectAnyText('Music', odd)).toBe('SELECT "Pk", "a""b" FROM "Music"."Orders" LIMIT 1');
    // The set consists of many cells, key columns of none.
    expect(selectTimesText('Music', odd)).toContain(
      '"attributes", WRITETIME("at"), WRITETIME("place"), WRITETIME("attributes") FROM',
    );
    expect(selectTimesText('m', small)).toBe(selectText('m', small));
  });
});

describe('definitions', () => {
  test('create types and tables', () => {
    expect(createTypeText('Music', odd.types[0]!)).toBe(
      'CREATE TYPE IF NOT EXISTS "Music"."Place" ("x y" int)',
    );
    expect(createTableText('Music', odd)).toBe(
      'CREATE TABLE IF NOT EXISTS "Music"."Orders" ("Pk" text, "a""b" decimal, "select" blob, "at" timestamp, ' +
        '"tags" set<text>, "place" frozen<"Place">, "attributes" frozen<map<text, text>>, ' +
        `PRIMARY KEY (("Pk", "a""b"), "select")) WITH compaction = {'class': 'LeveledCompactionStrategy'}`,
    );
    expect(createTableText('m', small)).toBe(
      'CREATE TABLE IF NOT EXISTS "m"."t" ("id" text, PRIMARY KEY (("id")))',
    );
    expect(dropTableText('Music', 'Orders')).toBe('DROP TABLE IF EXISTS "Music"."Orders"');
    expect(dropTypeText('Music', 'Place')).toBe('DROP TYPE IF EXISTS "Music"."Place"');
  });

  test('let tombstones live, each server in its words', () => {
    expect(alterTableText('m', 'T', LONG_LIVED_TOMBSTONES.cassandra)).toBe(
      'ALTER TABLE "m"."T" WITH gc_grace_seconds = 31536000',
    );
    expect(alterTableText('m', 'T', LONG_LIVED_TOMBSTONES.scylladb)).toBe(
      `ALTER TABLE "m"."T" WITH tombstone_gc = {'mode': 'disabled'}`,
    );
    expect(alterTableText('m', 'T', { a: '1', b: '{}' })).toBe('ALTER TABLE "m"."T" WITH a = 1 AND b = {}');
  });

  test('propose a keyspace by the data centres there are, never with more copies than nodes', () => {
    const dataCenters = new Map([
      ['us', 2],
      ["e'u", 9],
    ]);
    const replication = "{'class': 'NetworkTopologyStrategy', 'e''u': 3, 'us': 2}";
    expect(createKeyspaceText('Music', dataCenters, 'cassandra')).toBe(
      `CREATE KEYSPACE "Music" WITH replication = ${replication}`,
    );
    expect(createKeyspaceText('m', dataCenters, 'scylladb')).toBe(
      `CREATE KEYSPACE "m" WITH replication = ${replication} AND tablets = {'enabled': true}`,
    );
  });
});
