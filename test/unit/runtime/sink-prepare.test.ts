import { expect, test, vi } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { createLogger } from '../../../connectors/log.ts';
import { preparedTable } from '../../../connectors/runtime/sink-prepare.ts';
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
