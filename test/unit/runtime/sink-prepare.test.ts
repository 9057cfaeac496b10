import { describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { createLogger } from '../../../connectors/log.ts';
import { checkWritten, fingerprint, preparedTable } from '../../../connectors/runtime/sink/sink-prepare.ts';
import type { SinkDefinition, SinkWorld } from '../../../connectors/runtime/sink/sink-world.ts';
import { MemoryTarget, memorySink } from '../../memory-sink.ts';
import { sinkTable } from '../../sink-records.ts';

const table = sinkTable('T');
const ids = vi.hoisted(() => [] as string[]);

vi.mock('../../../connectors/kafka/producer.ts', () => ({
  TransactionalProducer: class {
    constructor(_client: unknown, id: string) {
      ids.push(id);
    }
    async init() {}
    begin() {}
    async send(_topic: string, _partition: number, [record]: { key: Buffer; value: Buffer }[]) {
      records.set(String(record!.key), JSON.parse(String(record!.value)));
    }
    async commit() {}
    async [Symbol.asyncDispose]() {}
  },
}));

vi.mock('../../../connectors/kafka/committed.ts', () => ({ fetchCommitted: async () => new Map() }));

const records = new Map<string, unknown>();

test('tables that are prepared at the same time do not fence each other', async () => {
  const definition = {
    name: 'm-alternator',
    plugin: memorySink(new MemoryTarget()),
    options: {},
    transforms: [],
  } as unknown as SinkDefinition;
  const world = {
    kafka: {},
    group: 'm',
    topics: { catalog: 'c', snapshot: () => 'rows', changes: () => 'changes' },
    clock: systemClock,
    catalog: {
      table: (table: string) => ({ facts: { table }, epoch: { number: 1 } }),
      sink: (name: string, table: string) => records.get(`sink/${name}/${table}`) ?? null,
      readToEnd: async () => {},
      subscribe: () => () => {},
    },
  } as unknown as SinkWorld;
  const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });
  const context = { clock: systemClock, log, signal: new AbortController().signal };
  await Promise.all(['A', 'B'].map((table) => preparedTable(definition, world, table, true, context)));
  expect(new Set(ids).size).toBe(2);
  expect(records.size).toBe(2);
});

test('a list of transforms that became another is refused, as a changed sink is (rule C6)', () => {
  const sink = (...fingerprints: readonly string[]) =>
    ({
      name: 'm-alternator',
      plugin: memorySink(new MemoryTarget()),
      options: {},
      transforms: fingerprints.map((one) => ({ name: one, fingerprint: one, apply: () => null })),
    }) as unknown as SinkDefinition;
  const writtenBy = (definition: SinkDefinition) => ({
    fingerprint: fingerprint(definition, table),
    targetTable: definition.plugin.targetTable(definition.options, 'T'),
    epoch: 1,
    restore: {},
    mendedSnapshot: null,
    preparedMs: 1,
  });
  for (const [before, now] of [
    [sink(), sink('a')],
    [sink('a'), sink()],
    [sink('a'), sink('b')],
    [sink('a', 'b'), sink('b', 'a')],
  ] as const) {
    expect(() => checkWritten(now, table, 1, writtenBy(before))).toThrow(
      expect.objectContaining({ code: 'SINK_FINGERPRINT' }),
    );
    expect(() => checkWritten(before, table, 1, writtenBy(before))).not.toThrow();
  }
});

describe('what a sink has written', () => {
  const settings = { restore: {}, mendedSnapshot: null, preparedMs: 1, targetTable: 'T' };
  const prepared = async (
    known: object | null,
    changed: Record<string, string>,
    moves = false,
    epoch = 1,
    first = false,
  ) => {
    records.clear();
    const own = memorySink(new MemoryTarget());
    const shape = { moves, rowOf: () => 'none' as const, itemKeyOf: (key: Buffer) => key };
    const plugin = { ...own, prepare: async () => changed, shape: () => shape };
    const definition = { name: 's', plugin, options: {}, transforms: [] } as unknown as SinkDefinition;
    if (known)
      records.set('sink/s/T', { ...settings, fingerprint: fingerprint(definition, table), ...known });
    // As a copy that is behind: another owner may have said just now what it has written.
    let copy: ReadonlyMap<string, unknown> = new Map();
    const world = {
      kafka: {},
      group: 'm',
      topics: { catalog: 'c', snapshot: () => 'rows', changes: () => 'changes' },
      clock: systemClock,
      catalog: {
        table: () => ({ facts: { table: 'T' }, epoch: { number: epoch } }),
        sink: () => copy.get('sink/s/T') ?? null,
        readToEnd: async () => {
          copy = new Map(records);
        },
        subscribe: () => () => {},
      },
    } as unknown as SinkWorld;
    const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });
    const context = { clock: systemClock, log, signal: new AbortController().signal };
    await preparedTable(definition, world, 'T', true, context, first);
    return records.get('sink/s/T');
  };

  test('is remembered with the epoch, and with the settings that its table had before (rule C10)', async () => {
    expect(await prepared(null, { gc: '10' }, false, 3)).toMatchObject({ epoch: 3, restore: { gc: '10' } });
  });

  test('keeps the settings of before when it is prepared again, whatever they are then', async () => {
    const again = await prepared({ epoch: 1, restore: { gc: '10' } }, { gc: '99', other: '1' });
    expect(again).toMatchObject({ epoch: 1, restore: { gc: '10', other: '1' } });
    expect(await prepared({ epoch: 1, restore: { gc: '10' } }, {}, false, 2)).toMatchObject({ epoch: 1 });
  });

  test('is to be mended anew when its positions are lost, and so it begins with the rows (rule C1)', async () => {
    const known = { epoch: 1, restore: { gc: '10' }, mendedSnapshot: 'full' };
    expect(await prepared(known, {})).toMatchObject({ mendedSnapshot: 'full' });
    expect(await prepared(known, {}, false, 1, true)).toMatchObject({ ...known, mendedSnapshot: null });
  });

  test('is refused in a later epoch where rows move: a table of before it may hold rows that no record leads to', async () => {
    const known = { epoch: 1, restore: {} };
    await expect(prepared(known, {}, true, 2)).rejects.toMatchObject({ code: 'SINK_EPOCH', exit: 4 });
    await prepared(known, {}, true, 1);
    await prepared(known, {}, false, 2);
  });
});
