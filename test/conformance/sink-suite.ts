import { describe, expect, test } from 'vitest';
import type { SinkTable } from '../../connectors/catalog-records.ts';
import type { SinkConnector, SinkContext, SinkTask, TargetRow } from '../../connectors/connector.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import type { Item } from '../../schemas/item.ts';
import type { Attributes, AttributeValue } from '../../schemas/values.ts';
import { attributes, deleteRecord, putRecord } from '../sink-records.ts';

/** What a sink claims; laws that do not apply to it are not run. */
export interface SinkSupports {
  /** As the connector's own: versions make the order of puts irrelevant. */
  readonly version: boolean;
  /** The target refuses some records. */
  readonly refusal: boolean;
}

/** A connector with a target of its own, empty, for one law. */
export interface SinkSubject<O> extends AsyncDisposable {
  readonly connector: SinkConnector<O>;
  readonly options: O;
  /** Key: `id` of type S. */
  readonly table: SinkTable;
  readonly context: SinkContext;
  /** All rows as the target itself has them, by framed key in hex; not read by the connector. */
  readonly readAll: () => Promise<ReadonlyMap<string, Item>>;
  /** A record that the target refuses, with this id; null for a sink without refusals. */
  readonly refused: ((id: string) => ChangeRecord) | null;
}

/** A law with the steps that show whether a sink keeps it. */
export interface SinkLaw {
  readonly name: string;
  readonly applies: (supports: SinkSupports) => boolean;
  readonly run: <O>(subject: SinkSubject<O>) => Promise<void>;
}

/** Runs every law that applies, each on a target of its own. */
export function sinkSuite<O>(
  name: string,
  supports: SinkSupports,
  start: () => Promise<SinkSubject<O>>,
  timeoutMs = 30_000,
): void {
  describe(`${name} keeps the laws of a sink`, () => {
    for (const law of SINK_LAWS.filter(({ applies }) => applies(supports))) {
      test(law.name, { timeout: timeoutMs }, async () => {
        await using subject = await start();
        expect(subject.connector.supports.version).toBe(supports.version);
        await law.run(subject);
      });
    }
  });
}

const LANE = '0';
const always = () => true;

const everyType = attributes({
  id: { S: 'types' },
  s: { S: 'naïve "quoted" \\ \u0000 😀' },
  n: { N: '-12345678901234567890123456789012345678' },
  small: { N: '0.00000000000000000000000000000000000000000000000001' },
  b: { B: Buffer.from([0, 255, 16, 128]) },
  yes: { BOOL: true },
  no: { BOOL: false },
  nothing: { NULL: true },
  m: { M: attributes({ ['__proto__']: { S: 'odd' }, 'a.b': { L: [{ N: '1' }, { NULL: true }] } }) },
  l: { L: [{ S: 'x' }, { M: attributes({ deep: { BOOL: true } }) }, { B: Buffer.from('y') }] },
  ss: { SS: ['a', 'b'] },
  ns: { NS: ['1', '2.5'] },
  bs: { BS: [Buffer.from('p'), Buffer.from('q')] },
});

export const SINK_LAWS: readonly SinkLaw[] = [
  {
    name: 'law 2: put resolves only when its rows can be read back',
    applies: always,
    run: (subject) =>
      withTask(subject, async (task) => {
        await putAll(subject, task, [item(subject, 'a', 1), item(subject, 'b', 2)]);
        await expectRows(subject, { a: numbered('a', 1), b: numbered('b', 2) });
      }),
  },
  {
    name: 'law 2: put resolves only when its deletes are done',
    applies: always,
    run: (subject) =>
      withTask(subject, async (task) => {
        await putAll(subject, task, [item(subject, 'a', 1), item(subject, 'b', 2)]);
        await putAll(subject, task, [gone(subject, 'a')]);
        await expectRows(subject, { b: numbered('b', 2) });
      }),
  },
  {
    name: 'law 2: an empty batch is written at once',
    applies: always,
    run: (subject) => withTask(subject, (task) => putAll(subject, task, [])),
  },
  {
    name: 'law 3: the same batch twice equals once',
    applies: always,
    run: (subject) =>
      withTask(subject, async (task) => {
        await putAll(subject, task, [item(subject, 'a', 1), item(subject, 'b', 2)]);
        const batch = [item(subject, 'a', 3), gone(subject, 'b'), item(subject, 'c', 4)];
        await putAll(subject, task, batch);
        await putAll(subject, task, batch);
        await expectRows(subject, { a: numbered('a', 3), c: numbered('c', 4) });
      }),
  },
  {
    name: 'law 4: changes of one key that come one after another end with the last',
    applies: always,
    run: (subject) =>
      withTask(subject, async (task) => {
        for (let n = 0; n < 10; n++) {
          await putAll(subject, task, [
            n % 3 === 2 ? gone(subject, 'a') : item(subject, 'a', n),
            item(subject, `b${n}`, n),
          ]);
        }
        const found = await rowsById(subject);
        expect(found.get('a')).toEqual(numbered('a', 9));
        expect(found.size).toBe(11);
      }),
  },
  {
    name: 'law 4: with versions the highest wins, in whatever order they come',
    applies: ({ version }) => version,
    run: (subject) =>
      withTask(subject, async (task) => {
        const rising = [
          item(subject, 'a', 1),
          item(subject, 'a', 2),
          item(subject, 'b', 3),
          gone(subject, 'b'),
        ];
        await putAll(subject, task, rising.toReversed());
        await putAll(subject, task, [rising[2]!, rising[0]!]);
        await expectRows(subject, { a: numbered('a', 2) });
      }),
  },
  {
    name: 'a put replaces the whole item: no older attribute survives',
    applies: always,
    run: (subject) =>
      withTask(subject, async (task) => {
        const before = attributes({
          id: { S: 'a' },
          old: { S: 'x' },
          both: { N: '1' },
          map: { M: attributes({ x: { N: '1' } }) },
        });
        const after = attributes({
          id: { S: 'a' },
          new: { S: 'y' },
          both: { N: '2' },
          map: { M: attributes({ y: { N: '2' } }) },
        });
        await putAll(subject, task, [putRecord(subject.table, before)]);
        await putAll(subject, task, [putRecord(subject.table, after)]);
        await expectRows(subject, { a: after });
      }),
  },
  {
    name: 'a key that was deleted can be written again, and deleting what is not there is well',
    applies: always,
    run: (subject) =>
      withTask(subject, async (task) => {
        await putAll(subject, task, [gone(subject, 'a'), gone(subject, 'never')]);
        await putAll(subject, task, [item(subject, 'a', 1)]);
        await putAll(subject, task, [gone(subject, 'a')]);
        await putAll(subject, task, [item(subject, 'a', 2)]);
        await expectRows(subject, { a: numbered('a', 2) });
      }),
  },
  {
    name: 'values of all ten types come back exactly',
    applies: always,
    run: (subject) =>
      withTask(subject, async (task) => {
        await putAll(subject, task, [putRecord(subject.table, everyType)]);
        await expectRows(subject, { types: everyType });
      }),
  },
  {
    name: 'empty values are values',
    applies: always,
    run: (subject) =>
      withTask(subject, async (task) => {
        const empty = attributes({
          id: { S: 'e' },
          s: { S: '' },
          b: { B: Buffer.alloc(0) },
          m: { M: new Map<string, AttributeValue>() },
          l: { L: [] },
          ss: { SS: [''] },
          nested: { L: [{ S: '' }, { L: [] }] },
        });
        await putAll(subject, task, [putRecord(subject.table, empty)]);
        await expectRows(subject, { e: empty });
      }),
  },
  {
    name: 'a refused record is named by its index while the others land',
    applies: ({ refusal }) => refusal,
    run: (subject) =>
      withTask(subject, async (task) => {
        const good = Array.from({ length: 20 }, (_, i) => item(subject, `g${i}`, i));
        const batch = [...good.slice(0, 7), subject.refused!('x'), ...good.slice(7), subject.refused!('y')];
        const failures = await task.put(subject.table, LANE, batch);
        expect(failures.map(({ index }) => index)).toEqual([7, 21]);
        for (const { error } of failures) expect(error.remedy).toBe('dead-letter');
        expect([...(await rowsById(subject)).keys()].sort()).toEqual(good.map((_, i) => `g${i}`).sort());
      }),
  },
  {
    name: 'a big batch lands whole',
    applies: always,
    run: (subject) =>
      withTask(subject, async (task) => {
        const filler = 'x'.repeat(1500);
        const of = (i: number) =>
          attributes({
            id: { S: `k${i}` },
            n: { N: String(i) },
            filler: { S: i % 50 === 0 ? filler.repeat(60) : filler },
          });
        await putAll(
          subject,
          task,
          Array.from({ length: 1000 }, (_, i) => putRecord(subject.table, of(i))),
        );
        await putAll(
          subject,
          task,
          Array.from({ length: 500 }, (_, i) => gone(subject, `k${i * 2}`)),
        );
        const found = await rowsById(subject);
        expect(found.size).toBe(500);
        for (let i = 1; i < 1000; i += 2) expect(found.get(`k${i}`)).toEqual(of(i));
      }),
  },
  {
    name: 'lanes write side by side',
    applies: always,
    run: (subject) =>
      withTask(subject, async (task) => {
        const lanes = ['1', '2', '3'];
        for (const lane of lanes) await task.adopt(subject.table, lane, { clean: true, first: true });
        await Promise.all(
          lanes.map(async (lane) => {
            for (let n = 0; n < 5; n++)
              await task.put(subject.table, lane, [item(subject, `lane${lane}`, n)]);
          }),
        );
        const found = await rowsById(subject);
        expect(lanes.map((lane) => found.get(`lane${lane}`))).toEqual(
          lanes.map((lane) => numbered(`lane${lane}`, 4)),
        );
      }),
  },
  {
    name: 'rows and lookUp read back what the target holds',
    applies: always,
    run: (subject) =>
      withTask(subject, async (task) => {
        const { connector, options, table, context } = subject;
        const records = Array.from({ length: 230 }, (_, i) => item(subject, `k${i}`, i));
        await putAll(subject, task, records);
        const read = new Map<string, Item>();
        for await (const rows of connector.rows(options, table, context)) {
          for (const { key, item } of rows) read.set(key.toString('hex'), item);
        }
        expectSame(read, asRows(subject, await subject.readAll()));
        const rows = records.map(({ key, after }) => rowOf(subject, key, after!));
        const absent = item(subject, 'absent', 0);
        const asked = [...rows, rowOf(subject, absent.key, absent.after!), rows[5]!];
        const keys = asked.map(({ key }) => key);
        const found = await connector.lookUp(options, table, keys, context);
        expect(found.map((item, i) => item?.equals(asked[i]!.item) ?? false)).toEqual(
          asked.map((_, i) => i !== rows.length),
        );
      }),
  },
  {
    name: 'preparing again changes nothing, dropping leaves nothing',
    applies: always,
    run: (subject) =>
      withTask(subject, async (task) => {
        const { connector, options, table, context } = subject;
        await putAll(subject, task, [item(subject, 'a', 1)]);
        const id = await task.tableId?.(table);
        await connector.prepare(options, table, false, context);
        expect(await task.tableId?.(table)).toBe(id);
        expect(await connector.check(options, table, false, context)).toEqual([]);
        await expectRows(subject, { a: numbered('a', 1) });
        expect(connector.fingerprint(options, table)).toBe(connector.fingerprint(options, table));
        await connector.drop(options, table, context);
        if (task.tableId) expect(await task.tableId(table)).toBeNull();
        await connector.prepare(options, table, true, context);
        await expectRows(subject, {});
        if (id) expect(await task.tableId?.(table)).not.toBe(id);
      }),
  },
];

async function withTask<O>(subject: SinkSubject<O>, step: (task: SinkTask) => Promise<void>): Promise<void> {
  const { connector, options, table, context } = subject;
  await connector.prepare(options, table, true, context);
  await using task = await connector.open(options, context);
  await task.adopt(table, LANE, { clean: true, first: true });
  await step(task);
}

async function putAll<O>(
  subject: SinkSubject<O>,
  task: SinkTask,
  batch: readonly ChangeRecord[],
): Promise<void> {
  expect(await task.put(subject.table, LANE, batch)).toEqual([]);
}

function numbered(id: string, n: number): Attributes {
  return attributes({ id: { S: id }, n: { N: String(n) } });
}

function item<O>(subject: SinkSubject<O>, id: string, n: number): ChangeRecord {
  return putRecord(subject.table, numbered(id, n));
}

function gone<O>(subject: SinkSubject<O>, id: string): ChangeRecord {
  return deleteRecord(subject.table, attributes({ id: { S: id } }));
}

/** What a sink reads back of an item: the item itself, or the row that it makes of one. */
function rowOf<O>({ connector, options, table }: SinkSubject<O>, key: Buffer, whole: Item): TargetRow {
  const expected = connector.shape?.(options, table).rowOf(key, whole) ?? { row: { key, item: whole } };
  if (typeof expected === 'string') throw new Error(`the row is ${expected}`);
  return expected.row;
}

function asRows<O>(subject: SinkSubject<O>, items: ReadonlyMap<string, Item>): Map<string, Item> {
  const rows = [...items].map(([key, whole]) => rowOf(subject, Buffer.from(key, 'hex'), whole));
  return new Map(rows.map(({ key, item }) => [key.toString('hex'), item]));
}

async function rowsById<O>(subject: SinkSubject<O>): Promise<Map<string, Attributes>> {
  const rows = await subject.readAll();
  return new Map(
    [...rows.values()].map(({ attributes: found }) => {
      const id = found.get('id');
      if (id === undefined || !('S' in id)) throw new Error('a row without an id');
      return [id.S, sorted(found)];
    }),
  );
}

async function expectRows<O>(
  subject: SinkSubject<O>,
  wanted: Readonly<Record<string, Attributes>>,
): Promise<void> {
  const found = await rowsById(subject);
  expect([...found.keys()].sort()).toEqual(Object.keys(wanted).sort());
  for (const [id, whole] of Object.entries(wanted)) expect(found.get(id)).toEqual(sorted(whole));
}

/** Sets have no order, and a server may give its own. */
function sorted(whole: Attributes): Attributes {
  return new Map([...whole].map(([name, value]) => [name, sortedSet(value)] as const));
}

function sortedSet(value: AttributeValue): AttributeValue {
  if ('SS' in value) return { SS: value.SS.toSorted() };
  if ('NS' in value) return { NS: value.NS.toSorted() };
  if ('BS' in value) return { BS: value.BS.map((b) => Buffer.from(b)).toSorted(Buffer.compare) };
  return 'B' in value ? { B: Buffer.from(value.B) } : value;
}

function expectSame(a: ReadonlyMap<string, Item>, b: ReadonlyMap<string, Item>): void {
  expect([...a.keys()].sort()).toEqual([...b.keys()].sort());
  for (const [key, item] of a) expect(item.equals(b.get(key)!)).toBe(true);
}
