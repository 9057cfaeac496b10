import { systemClock } from '../../connectors/clock.ts';
import { type Unit, unitPerPartition } from '../../connectors/kafka/assignor.ts';
import { GroupMember } from '../../connectors/kafka/group.ts';
import { TransactionalProducer } from '../../connectors/kafka/producer.ts';
import { partitionOf } from '../../connectors/kafka/wire/murmur2.ts';
import { NO_COUNTS } from '../../connectors/runtime/offset-store.ts';
import { taskOf } from '../../connectors/runtime/ownership.ts';
import type { Generation } from '../../connectors/runtime/source/generation.ts';
import { sinkGroup } from '../../connectors/topic-names.ts';
import type { WorkerBase } from '../../connectors/worker/base.ts';
import type { TaskOrder } from '../../connectors/worker/threads/task-runner.ts';
import type { GroupLedger, Holder } from './group-ledger.ts';
import { isOffInGroup } from './group-naive.ts';
import { DATA_TOPIC, GROUP, LANES_TOPIC, SOURCE_PARTITIONS, topics } from './group-site.ts';
import type { Site } from './site.ts';

export interface TaskWorld {
  readonly site: Site;
  readonly base: WorkerBase;
  readonly generation: Generation;
  readonly ledger: GroupLedger;
}

/** A write takes this long at most, one way; the lease must be worth more. */
const WRITE_MS = 1400;
const LEASE_MARGIN_MS = 3500;

/** A source task as connectors/runtime/source/source-task.ts has it, of partitions that never end. */
export async function runSource(order: TaskOrder, world: TaskWorld, signal: AbortSignal): Promise<void> {
  const { random } = world.site.time;
  while (!signal.aborted) {
    await publish(order, world, signal).catch(() => {});
    await systemClock.sleep(random.between(100, 1000), signal).catch(() => {});
  }
}

async function publish(order: TaskOrder, world: TaskWorld, stopped: AbortSignal): Promise<void> {
  const { connector, tasks, task } = order;
  const { site, base, generation } = world;
  const broken = new AbortController();
  const signal = AbortSignal.any([stopped, broken.signal]);
  await generation.fenced(connector, tasks, task, signal);
  const deaf = generation.onFenced(connector, tasks, (error) => broken.abort(error));
  await using producer = new TransactionalProducer(base.kafka, `${GROUP}-${connector}-${task}`);
  try {
    await producer.init();
    await generation.standing(connector, tasks);
    const offsets = base.offsetsOf(connector);
    await offsets.readPastOpen();
    const mine = SOURCE_PARTITIONS.filter((partition) => taskOf('T', partition, tasks) === task);
    const nameOf = (partition: string) => ({ table: 'T', of: 'epoch-1', partition });
    const next = new Map(mine.map((one) => [one, Number(offsets.get(nameOf(one))?.position['n'] ?? 0)]));
    while (!signal.aborted) {
      await systemClock.sleep(site.time.random.between(500, 4000), signal);
      if (mine.length === 0) continue;
      const partition = site.time.random.pick(mine);
      const n = next.get(partition)!;
      const stored = { position: { n: n + 2 }, done: false, coverageMs: null, counts: NO_COUNTS, version: 0 };
      const { key, value } = offsets.entry(nameOf(partition), stored);
      const record = (number: number) => recordOf(`${connector}/${partition}`, String(number));
      producer.begin();
      await producer.sendAll([
        { topic: DATA_TOPIC, partition: 0, records: [record(n), record(n + 1)] },
        {
          topic: topics.offsets.topic,
          partition: partitionOf(Buffer.from(key), topics.offsets.partitions),
          records: [recordOf(key, value)],
        },
      ]);
      await producer.commit();
      next.set(partition, n + 2);
    }
  } finally {
    deaf();
  }
}

const recordOf = (key: string, value: string | null) => ({
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  timestampMs: 0,
});

/** A sink task as connectors/runtime/sink/sink-task.ts has it: a member of its connector's group, which writes while its lease holds. */
export async function runSink(order: TaskOrder, world: TaskWorld, signal: AbortSignal): Promise<void> {
  const { site, base, ledger } = world;
  const lanes = new Map<string, number>();
  let held: ReadonlySet<string> = new Set();
  let written = Promise.resolve();
  const member: GroupMember = new GroupMember(base.kafka, {
    groupId: sinkGroup(order.connector),
    topics: [LANES_TOPIC],
    unitsOf: unitPerPartition,
    onAssigned: (units) => own(units),
    onRevoke: async () => {
      lanes.clear();
      await written;
    },
    onLost: () => own([]),
  });
  const holder: Holder = { process: site.process, leaseValid: () => member.leaseValid(0) };
  const own = (units: readonly Unit[]) => {
    const names = new Set(units.map(({ id }) => `${order.connector}/${id}`));
    for (const lane of held) if (!names.has(lane)) ledger.releases(lane, holder);
    held = names;
    lanes.clear();
    for (const lane of names) {
      lanes.set(lane, member.generation);
      ledger.holds(lane, holder);
    }
  };
  const starting = member.start();
  while (!signal.aborted) {
    for (const [lane, generation] of [...lanes]) {
      const isOurs = lanes.get(lane) === generation && member.leaseValid(LEASE_MARGIN_MS);
      if (!isOurs && !isOffInGroup('lease')) continue;
      ledger.sends(lane, holder);
      written = site.time.request(site.process, () => ledger.executes(lane, generation), WRITE_MS);
      await written;
      if (signal.aborted) break;
    }
    await systemClock.sleep(site.time.random.between(500, 3000), signal).catch(() => {});
  }
  await member.stop();
  await starting;
  own([]);
}
