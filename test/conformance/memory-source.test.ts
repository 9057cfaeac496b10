import { describe, expect, test } from 'vitest';
import type {
  PartitionReader,
  Position,
  RejectedRecord,
  SourceBatch,
  SourcePartition,
} from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { attributes, deleteRecord, putRecord, sinkTable } from '../sink-records.ts';
import {
  type Held,
  SOURCE_LAWS,
  type SourceSubject,
  type SourceSupports,
  sourceSuite,
} from './source-suite.ts';

const table = sinkTable('Music');
const BATCH = 4;

/** What was asked of the source, for those who spoil the answer. */
interface Opened {
  readonly partition: SourcePartition;
  readonly position: Position | null;
  readonly parents: readonly Position[];
}

type Poll = PartitionReader['poll'];
type Spoil = (poll: Poll, opened: Opened) => Poll;

const partitionOf = (id: string, ...after: string[]): SourcePartition => ({
  id,
  after,
  expectedRecords: null,
});
const root = partitionOf('root');
const left = partitionOf('left', 'root');
const right = partitionOf('right', 'root');

function heldBy({ id: partition }: SourcePartition): Held[] {
  return Array.from({ length: 14 }, (_, i) => {
    const id = `${partition}-${i}`;
    return { id, as: i % 5 === 3 ? 'delete' : i % 6 === 4 ? 'rejected' : 'put' };
  });
}

/** A source that keeps every law, over partitions in memory; its reader may be spoiled. */
function memorySource(supports: SourceSupports, spoil: Spoil = (poll) => poll): SourceSubject {
  const all = supports.kind === 'snapshot' ? [root] : [root, left, right];
  return {
    table: 'Music',
    holds: new Map(all.map((one) => [one.id, heldFor(supports, one)])),
    discover: async () => all,
    open: async (partition, position, parents) => {
      const poll = spoil(pollOf(supports, partition, position, parents), { partition, position, parents });
      return { poll, [Symbol.asyncDispose]: async () => {} };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

function heldFor({ kind }: SourceSupports, partition: SourcePartition): Held[] {
  const held = heldBy(partition);
  return kind === 'changes' ? held : held.filter(({ as }) => as !== 'delete');
}

function pollOf(
  supports: SourceSupports,
  partition: SourcePartition,
  position: Position | null,
  parents: readonly Position[],
): Poll {
  const held = heldFor(supports, partition);
  let at = Number(position?.['at'] ?? 0);
  let version = Number(
    position?.['version'] ?? Math.max(1_000, ...parents.map((one) => Number(one['version']))),
  );
  return async () => {
    const records: ChangeRecord[] = [];
    const rejected: RejectedRecord[] = [];
    for (const one of held.slice(at, at + BATCH)) {
      if (supports.kind === 'changes') version++;
      if (one.as === 'rejected') rejected.push(rejectedOf(one));
      else records.push(recordOf(supports, partition, one, version));
    }
    at = Math.min(at + BATCH, held.length);
    return {
      records,
      rejected,
      position: { at, version },
      done: at === held.length,
      bytes: bytesOf(records, rejected),
    };
  };
}

function recordOf(
  { kind }: SourceSupports,
  { id: partition }: SourcePartition,
  { id, as }: Held,
  version: number,
): ChangeRecord {
  const key = attributes({ id: { S: id } });
  const record = as === 'delete' ? deleteRecord(table, key) : putRecord(table, key);
  const placed = { ...record, version, timestampMs: 1_763_686_800_000 };
  if (kind === 'snapshot') return { ...placed, op: 'r', origin: { snapshot: 's', file: partition, line: 1 } };
  return { ...placed, origin: { shard: partition, sequence: String(version), event: id, ttl: false } };
}

function rejectedOf({ id }: Held): RejectedRecord {
  return {
    error: new ConnectError('RECORD_TYPE_UNKNOWN', 'A type is unknown'),
    bytes: Buffer.from(`?${id}?`),
  };
}

function bytesOf(records: readonly ChangeRecord[], rejected: readonly RejectedRecord[]): number {
  const sizes = records.map(({ key, after }) => key.length + (after?.avro.length ?? 0));
  return [...sizes, ...rejected.map(({ bytes }) => bytes.length)].reduce((a, b) => a + b, 0);
}

for (const kind of ['snapshot', 'changes'] as const) {
  sourceSuite(`a memory source of ${kind}`, { kind, rejects: true }, async () =>
    memorySource({ kind, rejects: true }),
  );
}

/** Changes each batch; `polls` counts from 0 for each reader. */
const batchwise =
  (change: (batch: SourceBatch, polls: number, opened: Opened) => SourceBatch): Spoil =>
  (poll, opened) => {
    let polls = 0;
    return async () => change(await poll(), polls++, opened);
  };

const recordwise = (change: (record: ChangeRecord, opened: Opened) => ChangeRecord): Spoil =>
  batchwise((batch, _, opened) => ({
    ...batch,
    records: batch.records.map((record) => change(record, opened)),
  }));

/** Counted over all readings, as a clock would be. */
let reads = 0;

const spoilers: readonly { readonly name: string; readonly spoil: Spoil }[] = [
  {
    name: 'skips a record when it reads on',
    spoil: batchwise((batch, polls, { position }) =>
      polls === 0 && position !== null ? { ...batch, records: batch.records.slice(1) } : batch,
    ),
  },
  {
    name: 'repeats its last record when it reads on',
    spoil: (poll, { partition, position }) => {
      const at = Number(position?.['at'] ?? 0);
      if (at === 0) return poll;
      const version = Number(position?.['version']);
      return pollOf({ kind: 'changes', rejects: true }, partition, { at: at - 1, version: version - 1 }, []);
    },
  },
  {
    name: 'begins anew wherever it should read on',
    spoil: (_poll, { partition, parents }) =>
      pollOf({ kind: 'changes', rejects: true }, partition, null, parents),
  },
  {
    name: 'says that it is done one batch too early',
    spoil: batchwise((batch) => (Number(batch.position['at']) > 8 ? { ...batch, done: true } : batch)),
  },
  {
    name: 'never says that it is done',
    spoil: batchwise((batch) => ({ ...batch, done: false })),
  },
  {
    name: 'is done only in memory',
    spoil: (poll) => {
      let polls = 0;
      return async () => {
        const batch = await poll();
        return { ...batch, done: batch.done && polls++ > 0 };
      };
    },
  },
  {
    name: 'gives positions ahead of its records',
    spoil: (poll) => {
      let held: SourceBatch | null = null;
      return async () => {
        const batch = held ?? (await poll());
        if (batch.done) return batch;
        held = await poll();
        return { ...batch, position: held.position };
      };
    },
  },
  {
    name: 'gives positions behind its records',
    spoil: (poll, { position }) => {
      let last = position ?? { at: 0, version: 1_000 };
      return async () => {
        const batch = await poll();
        const behind = { ...batch, position: batch.done ? batch.position : last };
        last = batch.position;
        return behind;
      };
    },
  },
  {
    name: 'makes versions of the time of reading',
    spoil: recordwise((record) => ({ ...record, version: 1_000_000 + reads++ })),
  },
  {
    name: 'does not keep the version in its position',
    spoil: (_poll, { partition, position, parents }) => {
      const forgetful = position && { ...position, version: 1_000 };
      return pollOf({ kind: 'changes', rejects: true }, partition, forgetful, parents);
    },
  },
  {
    name: 'begins the versions of a child anew',
    spoil: (_poll, { partition, position }) =>
      pollOf({ kind: 'changes', rejects: true }, partition, position, []),
  },
  {
    name: 'gives two changes the same version',
    spoil: recordwise((record) => ({ ...record, version: record.version - (record.version % 2) })),
  },
  {
    name: 'gives two neighbours in the wrong order',
    spoil: batchwise((batch) => ({ ...batch, records: batch.records.toReversed() })),
  },
  {
    name: 'drops what it cannot decode',
    spoil: batchwise((batch) => ({ ...batch, rejected: [] })),
  },
  {
    name: 'sets records aside without their bytes',
    spoil: batchwise((batch) => ({
      ...batch,
      rejected: batch.rejected.map(({ error }) => ({ error, bytes: Buffer.alloc(0) })),
    })),
  },
  {
    name: 'tells what it could not decode in the message',
    spoil: batchwise((batch) => ({
      ...batch,
      rejected: batch.rejected.map(({ bytes }) => ({
        error: new ConnectError('RECORD_TYPE_UNKNOWN', `Cannot decode ${bytes}`),
        bytes,
      })),
    })),
  },
  {
    name: 'takes deletes for puts',
    spoil: recordwise((record) =>
      record.after === null ? { ...record, op: 'u', after: putRecord(table, new Map()).after } : record,
    ),
  },
  {
    name: 'nests its positions',
    spoil: batchwise((batch) => ({
      ...batch,
      position: { ...batch.position, ...({ last: { at: 1 } } as unknown as Position) },
    })),
  },
  {
    name: 'keeps what JSON loses in its positions',
    spoil: batchwise((batch) => ({
      ...batch,
      position: { ...batch.position, at: Number(batch.position['at']), lag: Number.NaN },
    })),
  },
  {
    name: 'goes on changing a position that it has given',
    spoil: (poll) => {
      const shared: Record<string, string | number | boolean | null> = {};
      return async () => {
        const batch = await poll();
        return { ...batch, position: Object.assign(shared, batch.position) };
      };
    },
  },
  {
    name: 'does not count its memory',
    spoil: batchwise((batch) => ({ ...batch, bytes: 0 })),
  },
];

describe('the suite', () => {
  for (const { name, spoil } of spoilers) {
    test(`fails a source that ${name}`, async () => {
      expect(await brokenLaws(memorySource({ kind: 'changes', rejects: true }, spoil))).not.toEqual([]);
    });
  }

  test('fails a source that lists children before their parents, or a partition twice', async () => {
    const sound = memorySource({ kind: 'changes', rejects: true });
    for (const listing of [
      [root, left, right, left],
      [root, left],
    ]) {
      expect(await brokenLaws({ ...sound, discover: async () => listing })).not.toEqual([]);
    }
  });

  test('fails a snapshot source whose rows do not have one version', async () => {
    const rising = recordwise((record) => ({ ...record, version: record.key.length }));
    expect(await brokenLaws(memorySource({ kind: 'snapshot', rejects: true }, rising))).not.toEqual([]);
  });
});

async function brokenLaws(subject: SourceSubject): Promise<string[]> {
  const kind = subject.holds.size > 1 ? 'changes' : 'snapshot';
  const broken: string[] = [];
  for (const law of SOURCE_LAWS.filter(({ applies }) => applies({ kind, rejects: true }))) {
    await law.run(subject).catch(() => broken.push(law.name));
  }
  return broken;
}
