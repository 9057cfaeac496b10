import { describe, expect, test } from 'vitest';
import type {
  PartitionReader,
  Position,
  RejectedRecord,
  SourceBatch,
  SourcePartition,
} from '../../connectors/connector.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { decodeKey } from '../../schemas/key.ts';

/** What a source claims; laws that do not apply to it are not run. */
export interface SourceSupports {
  readonly kind: 'snapshot' | 'changes';
  /** It holds records that cannot be decoded. */
  readonly rejects: boolean;
}

/** A record that a source holds: the value of its table's only key attribute `id`, type S, and what becomes of it. */
export interface Held {
  readonly id: string;
  readonly as: 'put' | 'delete' | 'rejected';
}

/**
 * A source over a world that stands still, for one law: partitions that end, at least one of them with children where
 * the kind has them, each with enough records for several polls.
 */
export interface SourceSubject extends AsyncDisposable {
  readonly table: string;
  /** All partitions, parents before their children. */
  readonly discover: () => Promise<readonly SourcePartition[]>;
  /** @param parents last positions of the partitions in `after` */
  readonly open: (
    partition: SourcePartition,
    position: Position | null,
    parents: readonly Position[],
  ) => Promise<PartitionReader>;
  /** What the world holds, by partition, in order; not read by the source. */
  readonly holds: ReadonlyMap<string, readonly Held[]>;
}

/** A law with the steps that show whether a source keeps it. */
export interface SourceLaw {
  readonly name: string;
  readonly applies: (supports: SourceSupports) => boolean;
  readonly run: (subject: SourceSubject) => Promise<void>;
}

/** Runs every law that applies, each on a world of its own. */
export function sourceSuite(
  name: string,
  supports: SourceSupports,
  start: () => Promise<SourceSubject>,
): void {
  describe(`${name} keeps the laws of a source`, () => {
    for (const law of SOURCE_LAWS.filter(({ applies }) => applies(supports))) {
      test(law.name, async () => {
        await using subject = await start();
        await law.run(subject);
      });
    }
  });
}

/** A reader that never ends is broken, too. */
const POLLS_MAX = 2_000;
const always = () => true;

export const SOURCE_LAWS: readonly SourceLaw[] = [
  {
    name: 'every record is given once, in order, and put, delete and unreadable are told apart',
    applies: always,
    run: async (subject) => {
      const readings = await readAll(subject);
      expect([...readings.keys()].sort()).toEqual([...subject.holds.keys()].sort());
      for (const [id, { partition, batches }] of readings) {
        const held = subject.holds.get(id)!;
        expect(recordsOf(batches).map(heldAs)).toEqual(held.filter(({ as }) => as !== 'rejected'));
        expect(rejectedOf(batches)).toHaveLength(held.filter(({ as }) => as === 'rejected').length);
        if (partition.expectedRecords !== null) expect(partition.expectedRecords).toBe(held.length);
      }
    },
  },
  {
    name: 'law 1: read on from any position, exactly the rest comes, with the same versions',
    applies: always,
    run: async (subject) => {
      for (const { partition, parents, batches } of (await readAll(subject)).values()) {
        expect(batches.length).toBeGreaterThan(1);
        for (const [i, { position }] of batches.entries()) {
          const rest = await read(subject, partition, stored(position), parents);
          expect(recordsOf(rest).map(signature)).toEqual(recordsOf(batches.slice(i + 1)).map(signature));
          expect(rejectedOf(rest).map(rejection)).toEqual(rejectedOf(batches.slice(i + 1)).map(rejection));
        }
      }
    },
  },
  {
    name: 'law 1: opened anew for every poll, a partition gives what it gives in one reading',
    applies: always,
    run: async (subject) => {
      for (const { partition, parents, batches } of (await readAll(subject)).values()) {
        const pieces: SourceBatch[] = [];
        for (let position: Position | null = null; !pieces.at(-1)?.done; position = pieces.at(-1)!.position) {
          expect(pieces.length).toBeLessThan(POLLS_MAX);
          await using reader = await subject.open(partition, position && stored(position), parents);
          pieces.push(await reader.poll());
        }
        expect(recordsOf(pieces).map(signature)).toEqual(recordsOf(batches).map(signature));
        expect(rejectedOf(pieces).map(rejection)).toEqual(rejectedOf(batches).map(rejection));
      }
    },
  },
  {
    name: 'two readings give the same records, keys, versions and times',
    applies: always,
    run: async (subject) => {
      const [once, again] = [await readAll(subject), await readAll(subject)];
      expect([...again.keys()]).toEqual([...once.keys()]);
      for (const [id, { batches }] of once) {
        const others = again.get(id)!.batches;
        expect(recordsOf(others).map(signature)).toEqual(recordsOf(batches).map(signature));
        expect(rejectedOf(others).map(rejection)).toEqual(rejectedOf(batches).map(rejection));
        expect(others.at(-1)!.position).toEqual(batches.at(-1)!.position);
      }
    },
  },
  {
    name: 'done is said with the last records or after them, and nothing follows it',
    applies: always,
    run: async (subject) => {
      for (const [id, { partition, parents, batches }] of await readAll(subject)) {
        const given = recordsOf(batches).length + rejectedOf(batches).length;
        expect(given).toBe(subject.holds.get(id)!.length);
        expect(batches.slice(0, -1).every(({ done }) => !done)).toBe(true);
        await using reader = await subject.open(partition, stored(batches.at(-1)!.position), parents);
        expect(await reader.poll()).toMatchObject({ records: [], rejected: [], done: true });
      }
    },
  },
  {
    name: 'positions are flat, made of primitives, and come back from JSON as they were',
    applies: always,
    run: async (subject) => {
      for (const { batches } of (await readAll(subject)).values()) {
        for (const { position } of batches) {
          expect(stored(position)).toEqual(position);
          for (const [name, value] of Object.entries(position)) {
            // The runtime's own part of a stored position begins so.
            expect(name.startsWith('messina.')).toBe(false);
            expect(value === null || ['string', 'number', 'boolean'].includes(typeof value)).toBe(true);
            if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
          }
        }
      }
    },
  },
  {
    name: 'a position that a reader has given does not change when it reads on',
    applies: always,
    run: async (subject) => {
      for (const partition of (await subject.discover()).filter(({ after }) => after.length === 0)) {
        await using reader = await subject.open(partition, null, []);
        const { position } = await reader.poll();
        const then = JSON.stringify(position);
        await reader.poll();
        expect(JSON.stringify(position)).toBe(then);
      }
    },
  },
  {
    name: 'records name their table, and their memory is counted',
    applies: always,
    run: async (subject) => {
      for (const { batches } of (await readAll(subject)).values()) {
        for (const { records, rejected, bytes } of batches) {
          const least =
            records.reduce((sum, { key, after }) => sum + key.length + (after?.avro.length ?? 0), 0) +
            rejected.reduce((sum, one) => sum + one.bytes.length, 0);
          expect(bytes).toBeGreaterThanOrEqual(least);
          expect(records.map(({ table }) => table)).toEqual(records.map(() => subject.table));
          for (const { op, after } of records) expect(after === null).toBe(op === 'd');
        }
      }
    },
  },
  {
    name: 'a record that cannot be decoded is set aside with its bytes, and its message holds none of them',
    applies: ({ rejects }) => rejects,
    run: async (subject) => {
      const readings = await readAll(subject);
      const rejected = [...readings.values()].flatMap(({ batches }) => rejectedOf(batches));
      const held = [...readings.keys()].flatMap((id) => subject.holds.get(id)!);
      const ids = held.filter(({ as }) => as === 'rejected').map(({ id }) => id);
      expect(ids).not.toEqual([]);
      for (const [i, { error, bytes }] of rejected.entries()) {
        expect(bytes.toString()).toContain(ids[i]);
        expect(error.remedy).toBe('dead-letter');
        expect(error.message).not.toContain(ids[i]);
      }
    },
  },
  {
    name: 'rule C2: all rows of a snapshot have one version',
    applies: ({ kind }) => kind === 'snapshot',
    run: async (subject) => {
      const readings = [...(await readAll(subject)).values()];
      const records = readings.flatMap(({ batches }) => recordsOf(batches));
      expect(new Set(records.map(({ version }) => version)).size).toBe(1);
      expect(records.every(({ origin }) => 'snapshot' in origin)).toBe(true);
      // A window holds deletes too.
      for (const { op, after } of records) expect(op).toBe(after === null ? 'd' : 'r');
    },
  },
  {
    name: 'rule C2: versions of changes rise strictly, from parents to children too, and are safe integers',
    applies: ({ kind }) => kind === 'changes',
    run: async (subject) => {
      const readings = await readAll(subject);
      expect([...readings.values()].some(({ partition }) => partition.after.length > 0)).toBe(true);
      for (const { partition, batches } of readings.values()) {
        const parents = partition.after.flatMap((id) => recordsOf(readings.get(id)!.batches));
        let last = Math.max(0, ...parents.map(({ version }) => version));
        for (const { version, op, origin } of recordsOf(batches)) {
          expect(Number.isSafeInteger(version)).toBe(true);
          expect(version).toBeGreaterThan(last);
          expect(op === 'r' || !('shard' in origin)).toBe(false);
          last = version;
        }
      }
    },
  },
  {
    name: 'discovering again finds the same partitions, each named once, parents first',
    applies: always,
    run: async (subject) => {
      const found = await subject.discover();
      expect(await subject.discover()).toEqual(found);
      const ids = found.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const [i, { after }] of found.entries()) {
        expect(ids.slice(0, i)).toEqual(expect.arrayContaining([...after]));
      }
    },
  },
];

interface PartitionReading {
  readonly partition: SourcePartition;
  readonly parents: readonly Position[];
  readonly batches: readonly SourceBatch[];
}

/** Reads every partition to its end, each behind its parents. */
async function readAll(subject: SourceSubject): Promise<Map<string, PartitionReading>> {
  const readings = new Map<string, PartitionReading>();
  for (const partition of await subject.discover()) {
    const parents = partition.after.map((id) => stored(readings.get(id)!.batches.at(-1)!.position));
    const batches = await read(subject, partition, null, parents);
    readings.set(partition.id, { partition, parents, batches });
  }
  return readings;
}

async function read(
  subject: SourceSubject,
  partition: SourcePartition,
  position: Position | null,
  parents: readonly Position[],
): Promise<SourceBatch[]> {
  await using reader = await subject.open(partition, position, parents);
  const batches: SourceBatch[] = [];
  while (!batches.at(-1)?.done) {
    if (batches.length === POLLS_MAX) throw new Error(`partition ${partition.id} does not end`);
    batches.push(await reader.poll());
  }
  return batches;
}

/** A position as it comes back from the topic. */
const stored = (position: Position): Position => JSON.parse(JSON.stringify(position)) as Position;

const recordsOf = (batches: readonly SourceBatch[]): ChangeRecord[] =>
  batches.flatMap(({ records }) => records);

const rejectedOf = (batches: readonly SourceBatch[]): RejectedRecord[] =>
  batches.flatMap(({ rejected }) => rejected);

function heldAs({ key, after }: ChangeRecord): Held {
  const id = decodeKey(key).get('id');
  if (id === undefined || !('S' in id)) throw new Error('a record without an id');
  return { id: id.S, as: after === null ? 'delete' : 'put' };
}

/** All of a record, as text. */
function signature({ key, before, after, ...rest }: ChangeRecord): string {
  const json = [before, after].map((item) => item?.json.toString() ?? null);
  return JSON.stringify([rest, key.toString('hex'), json]);
}

const rejection = ({ error, bytes }: RejectedRecord) => `${error.code} ${bytes.toString('hex')}`;
