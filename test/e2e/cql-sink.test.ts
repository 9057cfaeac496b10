import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../connectors/clock.ts';
import type { SinkContext, TargetRow } from '../../connectors/connector.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { Item } from '../../schemas/item.ts';
import { encodeKey } from '../../schemas/key.ts';
import type { AttributeValue, KeySchema } from '../../schemas/values.ts';
import { cqlSink } from '../../sink/cql/connector.ts';
import { type CqlOptions, cqlOptions } from '../../sink/cql/options.ts';
import { type SinkSubject, sinkSuite } from '../conformance/sink-suite.ts';
import { type TestServices, testServices } from '../services.ts';
import { attributes, putRecord, sinkTable } from '../sink-records.ts';

const keySchema: KeySchema = [{ name: 'id', type: 'S' }];
const table = sinkTable('Music', keySchema);

interface Scene extends AsyncDisposable {
  readonly services: TestServices;
  readonly options: CqlOptions;
  readonly context: SinkContext;
}

async function sceneOf(mappings: readonly object[] = []): Promise<Scene> {
  const services = await testServices();
  const { contactPoint, keyspace } = services.cassandra;
  const stop = new AbortController();
  return {
    services,
    options: cqlOptions.parse({ contactPoints: [contactPoint], keyspace, mappings }),
    context: {
      log: pino({ level: 'silent' }),
      clock: systemClock,
      signal: stop.signal,
      leaseValid: () => true,
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await services[Symbol.asyncDispose]();
    },
  };
}

/** All rows of the default layout, as the test's own client reads them. */
async function readAll(
  { client, keyspace }: TestServices['cassandra'],
  name: string,
): Promise<Map<string, Item>> {
  const rows = new Map<string, Item>();
  const select = `SELECT id, attributes FROM ${keyspace}."${name}"`;
  for await (const row of await client.execute(select, [], { fetchSize: 500 })) {
    const { id, attributes: texts } = row as unknown as { id: string; attributes: Record<string, string> };
    const members = Object.entries(texts ?? {}).map(([name, json]) => `${JSON.stringify(name)}:${json}`);
    const item = Item.fromJson(
      Buffer.from(`{"id":{"S":${JSON.stringify(id)}}${members.map((one) => `,${one}`).join('')}}`),
    );
    rows.set(encodeKey(keySchema, item.attributes).toString('hex'), item);
  }
  return rows;
}

describe('CqlSink', () => {
  let scene: Scene;
  let subjects = 0;
  beforeAll(async () => {
    scene = await sceneOf();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  sinkSuite(
    'CqlSink on Cassandra',
    { version: true, refusal: true },
    async (): Promise<SinkSubject<CqlOptions>> => {
      const music = sinkTable(`Music${++subjects}`, keySchema);
      return {
        connector: cqlSink,
        options: scene.options,
        table: music,
        context: scene.context,
        readAll: () => readAll(scene.services.cassandra, music.facts.table),
        // An item without its key: no row can be made of it.
        refused: (id) => ({
          ...putRecord(music, attributes({ id: { S: id } })),
          after: Item.fromAttributes(attributes({ other: { S: id } })),
        }),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
  );
});

async function rowsOf({ options, context }: Scene): Promise<Map<string, Item>> {
  const found = new Map<string, Item>();
  for await (const rows of cqlSink.rows(options, table, context))
    for (const { key, item } of rows) found.set(key.toString('hex'), item);
  return found;
}

function expectedRow({ options }: Scene, key: Buffer, item: Item): TargetRow {
  const row = cqlSink.shape!(options, table).rowOf(key, item);
  if (typeof row === 'string') throw new Error(`the row is ${row}`);
  return row.row;
}

const everyType = {
  table: 'Music',
  into: { table: 'songs' },
  types: { Part: { name: 'text', at: 'frozen<list<timestamp>>' } },
  columns: [
    ...['text', 'ascii', 'boolean', 'blob', 'uuid', 'timeuuid', 'inet', 'date', 'time'],
    ...['tinyint', 'smallint', 'int', 'bigint', 'varint', 'decimal', 'float', 'double', 'timestamp'],
  ]
    .map((type) => ({ column: `a ${type}`, type, attribute: type }))
    .concat(
      [
        'set<text>',
        'frozen<set<decimal>>',
        'set<blob>',
        'frozen<list<text>>',
        'frozen<list<timestamp>>',
        'map<text, int>',
        'frozen<map<text, frozen<list<text>>>>',
        'frozen<tuple<text, int>>',
        'frozen<"Part">',
        '"Part"',
      ].map((type, i) => ({ column: i === 0 ? '__proto__' : `Column ${i}`, type, attribute: `c${i}` })),
    ),
  leftovers: { column: 'left over' },
};

const maxes: Record<string, AttributeValue> = {
  text: { S: 'naïve 😀' },
  ascii: { S: '' },
  boolean: { BOOL: true },
  blob: { B: Buffer.alloc(0) },
  uuid: { S: '123e4567-e89b-42d3-a456-426614174000' },
  timeuuid: { S: '123e4567-e89b-12d3-a456-426614174000' },
  inet: { S: '2001:db8::1' },
  date: { S: '1582-10-15' },
  time: { S: '23:59:59.999999999' },
  tinyint: { N: '-128' },
  smallint: { N: '32767' },
  int: { N: '-2147483648' },
  bigint: { N: '9223372036854775807' },
  varint: { N: '-12345678901234567890123456789012345678' },
  decimal: { N: '0.00000000000000000000000000000000000012345678901234567890123456789012345678' },
  float: { N: '0.5' },
  double: { N: '-1234.5678' },
  // Beyond what a Date holds.
  timestamp: { N: '9223372036854775807' },
  c0: { SS: ['b', 'a'] },
  c1: { NS: ['10', '9.5', '-1'] },
  c2: { BS: [Buffer.from([255]), Buffer.from([0])] },
  c3: { L: [{ S: 'y' }, { S: 'x' }] },
  c4: { L: [{ N: '-9000000000000000000' }] },
  c5: { M: attributes({ z: { N: '1' }, a: { N: '-1' } }) },
  c6: { M: attributes({ z: { L: [] }, a: { L: [{ S: '' }] } }) },
  c7: { L: [{ S: 't' }, { N: '1' }] },
  c8: { M: attributes({ name: { S: 'n' } }) },
  c9: { M: attributes({ name: { S: 'n' }, at: { L: [{ N: '1' }] } }) },
  more: { M: attributes({ a: { NULL: true } }) },
};

describe('rows of Cassandra', () => {
  test('come back as exactly the bytes that their items make, for every type', async () => {
    await using scene = await sceneOf([everyType]);
    const { options, context } = scene;
    await cqlSink.prepare(options, table, true, context);
    const records = [maxes, {}, { ...maxes, int: { S: 'misfit' }, c5: { M: attributes({}) } }].map(
      (more, i) => putRecord(table, attributes({ id: { S: `k${i}` }, ...more })),
    );
    await using task = await cqlSink.open(options, context);
    expect(await task.put(table, '0', records)).toEqual([]);
    const found = await rowsOf(scene);
    expect(found.size).toBe(3);
    for (const { key, after } of records) {
      const row = expectedRow(scene, key, after!);
      expect(found.get(row.key.toString('hex'))?.attributes).toEqual(row.item.attributes);
      const [one] = await cqlSink.lookUp(options, table, [row.key], context);
      expect(one?.equals(row.item)).toBe(true);
    }
    const { client, keyspace } = scene.services.cassandra;
    const { rows } = await client.execute(
      `SELECT "a decimal", "a bigint", "left over" FROM ${keyspace}.songs WHERE id = 'k0'`,
    );
    expect(String(rows[0]!['a bigint'])).toBe('9223372036854775807');
    expect(rows[0]!['left over']).toEqual({ more: '{"M":{"a":{"NULL":true}}}' });
  });

  test('end with the last change of every item, whatever order three replays come in, by two sinks at once', async () => {
    const moving = {
      table: 'Music',
      columns: ['id', 'genre', 'note'].map((name) => ({ column: name, type: 'text', attribute: name })),
      key: { partition: ['genre'], clustering: ['id'] },
      leftovers: { column: 'other' },
    };
    await using scene = await sceneOf([moving]);
    const { options, context } = scene;
    await cqlSink.prepare(options, table, true, context);
    const { records, last } = historyOf(40, 10);
    const tasks = await Promise.all([cqlSink.open(options, context), cqlSink.open(options, context)]);
    const replay = async (lane: number) => {
      const shuffled = records.toSorted(() => Math.random() - 0.5);
      for (let at = 0; at < shuffled.length; at += 100) {
        const batch = shuffled.slice(at, at + 100);
        expect(await tasks[lane % 2]!.put(table, String(lane), batch)).toEqual([]);
      }
    };
    await Promise.all([replay(0), replay(1), replay(2)]);
    const wanted = [...last].map(([key, item]) => expectedRow(scene, Buffer.from(key, 'hex'), item));
    const found = await rowsOf(scene);
    expect([...found.keys()].sort()).toEqual(wanted.map(({ key }) => key.toString('hex')).sort());
    for (const { key, item } of wanted) expect(found.get(key.toString('hex'))?.equals(item)).toBe(true);
    for (const task of tasks) await task[Symbol.asyncDispose]();
  });

  test('are mended where they differ, and left where something newer stands', async () => {
    await using scene = await sceneOf([everyType]);
    const { options, context } = scene;
    await cqlSink.prepare(options, table, true, context);
    const shape = cqlSink.shape!(options, table);
    const records = ['a', 'b', 'c'].map((id) => putRecord(table, attributes({ id: { S: id }, ...maxes })));
    const rows = records.map(({ key, after }) => expectedRow(scene, key, after!));
    await using task = await cqlSink.open(options, context);
    await task.put(table, '0', records);
    const { client, keyspace } = scene.services.cassandra;
    const newest = Math.max(...records.map(({ version }) => version));
    const at = { prepare: true };
    await client.execute(
      `UPDATE ${keyspace}.songs USING TIMESTAMP ? SET "a text" = 'wrong' WHERE id = 'a'`,
      [newest + 1],
      at,
    );
    await client.execute(
      `UPDATE ${keyspace}.songs USING TIMESTAMP ? SET "a text" = 'newer' WHERE id = 'b'`,
      [newest + 9],
      at,
    );
    await client.execute(
      `INSERT INTO ${keyspace}.songs (id, "left over") VALUES ('x', {}) USING TIMESTAMP ?`,
      [newest + 1],
      at,
    );
    const extra = encodeKey(keySchema, attributes({ id: { S: 'x' } }));
    const keys = [...rows.map(({ key }) => key), extra];
    const seen = await cqlSink.lookUp(options, table, keys, context);
    await using mender = await cqlSink.openMender!(options, table, context, async () => newest + 5);
    const mendings = keys.map((key, i) => ({
      key,
      seen: seen[i]!,
      wanted: rows[i]?.item ?? null,
      newest,
      loosely: false,
    }));
    expect(await mender.mend(mendings)).toEqual(['written', 'changed', 'written', 'written']);
    const after = await cqlSink.lookUp(options, table, keys, context);
    expect(after.map((item, i) => item === null || item.equals(rows[i]!.item))).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(after[3]).toBeNull();
    expect(shape.itemKeyOf(extra)).toEqual(extra);
  });
});

/** Changes of items that move between partitions; and what is left of each. */
function historyOf(items: number, changes: number): { records: ChangeRecord[]; last: Map<string, Item> } {
  const last = new Map<string, Item>();
  const records: ChangeRecord[] = [];
  for (let i = 0; i < items; i++) {
    const id = { S: `k${i}` };
    let before: Item | null = null;
    for (let step = 0; step < changes; step++) {
      const genre = { S: `g${(i + step * 7) % 5}` };
      const note: Record<string, AttributeValue> = step % 2 === 0 ? {} : { note: { S: String(step) } };
      const after: Item | null =
        (i + step) % 5 === 4
          ? null
          : Item.fromAvro(Item.fromAttributes(attributes({ id, genre, ...note })).avro);
      if (after === null && before === null) continue;
      const made = putRecord(table, attributes({ id }));
      const op = after === null ? 'd' : before === null ? 'c' : 'u';
      records.push({ ...made, op, before, after });
      before = after;
    }
    const key = encodeKey(keySchema, attributes({ id })).toString('hex');
    if (before !== null) last.set(key, before);
  }
  return { records, last };
}
