import { expect, test, vi } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { createLogger } from '../../../connectors/log.ts';
import { checkFingerprint, fingerprint, preparedTable } from '../../../connectors/runtime/sink-prepare.ts';
import type { SinkDefinition, SinkWorld } from '../../../connectors/runtime/sink-world.ts';
import { MemoryTarget, memorySink } from '../../memory-sink.ts';

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
    topics: { catalog: 'c' },
    clock: systemClock,
    catalog: {
      table: (table: string) => ({ facts: { table } }),
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
    fingerprint: fingerprint(definition),
    targetTable: definition.plugin.targetTable(definition.options, 'T'),
    mendedSnapshot: null,
    preparedMs: 1,
  });
  for (const [before, now] of [
    [sink(), sink('a')],
    [sink('a'), sink()],
    [sink('a'), sink('b')],
    [sink('a', 'b'), sink('b', 'a')],
  ] as const) {
    expect(() => checkFingerprint(now, 'T', writtenBy(before))).toThrow(
      expect.objectContaining({ code: 'SINK_FINGERPRINT' }),
    );
    expect(() => checkFingerprint(before, 'T', writtenBy(before))).not.toThrow();
  }
});
