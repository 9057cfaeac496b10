import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../connectors/clock.ts';
import type { PutFailure, SinkConnector, SinkTask } from '../../connectors/connector.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { Item } from '../../schemas/item.ts';
import { type MemorySinkOptions, MemoryTarget, memorySink } from '../memory-sink.ts';
import { attributes, putRecord, sinkTable } from '../sink-records.ts';
import { SINK_LAWS, type SinkSubject, type SinkSupports, sinkSuite } from './sink-suite.ts';

type Connector = SinkConnector<Record<string, never>>;

const table = sinkTable('Music');
const refuses = ({ after }: ChangeRecord) => after?.attributes.has('refused') ?? false;

function subjectOf(target: MemoryTarget, connector: Connector): SinkSubject<Record<string, never>> {
  return {
    connector,
    options: {},
    table,
    context: {
      log: pino({ level: 'silent' }),
      clock: systemClock,
      signal: new AbortController().signal,
      leaseValid: () => true,
    },
    readAll: async () => new Map(target.rows('Music').map(({ key, item }) => [key.toString('hex'), item])),
    refused: (id) => putRecord(table, attributes({ id: { S: id }, refused: { BOOL: true } })),
    [Symbol.asyncDispose]: async () => {},
  };
}

for (const version of [false, true]) {
  sinkSuite(
    `a memory sink ${version ? 'with' : 'without'} versions`,
    { version, refusal: true },
    async () => {
      const target = new MemoryTarget();
      return subjectOf(target, memorySink(target, { version, refuses }));
    },
  );
}

type Put = SinkTask['put'];

/** A memory sink whose `put` somebody has spoiled. */
function spoiled(target: MemoryTarget, behaviour: MemorySinkOptions, spoil: (put: Put) => Put): Connector {
  const sound = memorySink(target, { refuses, ...behaviour });
  return {
    ...sound,
    open: async (options, context) => {
      const task = await sound.open(options, context);
      return {
        adopt: (...args) => task.adopt(...args),
        put: spoil((...args) => task.put(...args)),
        [Symbol.asyncDispose]: () => task[Symbol.asyncDispose](),
      };
    },
  };
}

const nothing: readonly PutFailure[] = [];

const spoilers: readonly {
  readonly name: string;
  readonly version?: boolean;
  readonly spoil: (target: MemoryTarget) => (put: Put) => Put;
}[] = [
  {
    name: 'drops deletes',
    spoil: () => (put) => (of, lane, batch) =>
      put(
        of,
        lane,
        batch.filter(({ after }) => after !== null),
      ),
  },
  {
    name: 'merges instead of replacing',
    spoil: (target) => (put) => (of, lane, batch) =>
      put(
        of,
        lane,
        batch.map((record) => {
          const before = target.item(record.table, record.key);
          if (before === null || record.after === null) return record;
          const merged = new Map([...before.attributes, ...record.after.attributes]);
          return { ...record, after: Item.fromAttributes(merged) };
        }),
      ),
  },
  {
    name: 'resolves before it has written',
    spoil: () => (put) => async (of, lane, batch) => {
      setTimeout(() => void put(of, lane, batch), 20);
      return nothing;
    },
  },
  {
    name: 'writes in another order than it was asked',
    spoil: () => {
      let held: (() => Promise<unknown>) | null = null;
      return (put) => async (of, lane, batch) => {
        const before = held;
        held = null;
        if (before === null && batch.length === 2) {
          // Written after the next batch.
          held = () => put(of, lane, batch);
          return nothing;
        }
        const failures = await put(of, lane, batch);
        await before?.();
        return failures;
      };
    },
  },
  {
    name: 'swallows a failure',
    spoil: () => (put) => async (of, lane, batch) => {
      await put(of, lane, batch);
      return nothing;
    },
  },
  {
    name: 'gives up a batch at its first failure',
    spoil: () => (put) => async (of, lane, batch) => {
      const bad = batch.findIndex(refuses);
      return put(of, lane, bad < 0 ? batch : batch.slice(0, bad + 1));
    },
  },
  {
    name: 'counts failures from the wrong end',
    spoil: () => (put) => async (of, lane, batch) => {
      const failures = await put(of, lane, batch);
      return failures.map(({ index, error }) => ({ index: batch.length - 1 - index, error }));
    },
  },
  {
    name: 'appends instead of repeating',
    spoil: (target) => (put) => async (of, lane, batch) => {
      const seen = batch.some(({ key }) => target.item('Music', key) !== null);
      const failures = await put(of, lane, batch);
      if (!seen) return failures;
      return put(of, lane, [putRecord(table, attributes({ id: { S: `copy of ${batch.length}` } }))]);
    },
  },
  {
    name: 'loses empty values',
    spoil: () => (put) => (of, lane, batch) =>
      put(
        of,
        lane,
        batch.map((record) => {
          if (record.after === null) return record;
          const full = [...record.after.attributes].filter(([, value]) => !('S' in value) || value.S !== '');
          return { ...record, after: Item.fromAttributes(new Map(full)) };
        }),
      ),
  },
  {
    name: 'reads numbers as JavaScript does',
    spoil: () => (put) => (of, lane, batch) =>
      put(
        of,
        lane,
        batch.map((record) => {
          if (record.after === null) return record;
          const rounded = [...record.after.attributes].map(([name, value]) => {
            return [name, 'N' in value ? { N: String(Number(value.N)) } : value] as const;
          });
          return { ...record, after: Item.fromAttributes(new Map(rounded)) };
        }),
      ),
  },
  {
    name: 'writes only the first hundred of a batch',
    spoil: () => (put) => (of, lane, batch) => put(of, lane, batch.slice(0, 100)),
  },
  {
    name: 'ignores versions it claims to have',
    version: true,
    spoil: (target) => () => async (_of, _lane, batch) => {
      for (const record of batch) target.write(record, false);
      return nothing;
    },
  },
];

describe('the suite', () => {
  for (const { name, version = false, spoil } of spoilers) {
    test(`fails a sink that ${name}`, async () => {
      const supports: SinkSupports = { version, refusal: true };
      const broken: string[] = [];
      for (const law of SINK_LAWS.filter(({ applies }) => applies(supports))) {
        const target = new MemoryTarget();
        const subject = subjectOf(target, spoiled(target, { version }, spoil(target)));
        await law.run(subject).catch(() => broken.push(law.name));
      }
      expect(broken).not.toEqual([]);
    });
  }
});
