import { expect, test } from 'vitest';
import { slotOf } from '../../connectors/runtime/ownership.ts';
import { testServices } from '../services.ts';
import { post, printedConnectors } from './harness/connectors.ts';
import { migrationFile } from './harness/migration-file.ts';
import { expectMigrated, musicUnderLoad, untilChangesFlow } from './harness/music-load.ts';
import { witness } from './harness/scene.ts';
import { withAdmin } from './harness/stock-kafka.ts';
import { type TaskHistory, type TaskState, taskHistory } from './harness/task-history.ts';
import { Worker } from './harness/worker.ts';
import { until } from './kafka-testing.ts';

const ITEMS = 800;
const TASKS = 6;
/** Slots that tasks are spread over, unless the configuration says else. */
const SLOTS = 24;
/** The least that a broker allows as it comes: a killed worker is missed so much later. */
const settings = { 'session.timeout.ms': '6000' };

const kinds = [
  { kind: 'source', other: 'sink', connectors: ['snapshot', 'changes'] },
  { kind: 'sink', other: 'source', connectors: ['alternator'] },
] as const;

test.each(kinds)(
  'of three $kind workers one is killed and one is added while a table moves: it ends equal, and only the tasks that move restart',
  async ({ kind, other, connectors }) => {
    await using services = await testServices();
    await using load = await musicUnderLoad(services, { items: ITEMS, seed: 71, rate: 40 });
    const tasks = { source: TASKS, sink: TASKS };
    await using file = await migrationFile(services, { tables: ['Music'], rest: { tasks } });
    await using first = await Worker.start(kind, services, { settings });
    await using second = await Worker.start(kind, services, { settings });
    await using third = await Worker.start(kind, services, { settings });
    await using alone = await Worker.start(other, services, { settings });
    await using history = await taskHistory(services);
    await post(first, await printedConnectors(file.path));
    const ours = connectors.flatMap((connector) =>
      Array.from({ length: TASKS }, (_, task) => `${services.name}-${connector}-${task}`),
    );
    await using seen = await witness(file.path, 'Music');
    await until('three workers share the tasks', () => isSpread(history, ours, [first, second, third]));
    await until('rows are written', async () => (await seen.look()).rowsDone > 0);

    const before = await history.now();
    await history.mark();
    await third.kill();
    await until('two workers share the tasks', () => isSpread(history, ours, [first, second]));
    await untilChangesFlow(seen);
    const lost = ours.filter((task) => before.get(task)?.worker_id === third.id);
    expect(await touchedOf(history, ours)).toEqual(lost);

    const between = await history.now();
    await history.mark();
    await using fourth = await Worker.start(kind, services, { settings });
    await until('three workers share the tasks again', () =>
      isSpread(history, ours, [first, second, fourth]),
    );
    await expectMigrated(services, load, seen, file);
    const after = await history.now();
    const moved = ours.filter((task) => between.get(task)?.worker_id !== after.get(task)?.worker_id);
    expect(new Set(moved.map((task) => after.get(task)?.worker_id))).toEqual(new Set([fourth.id]));
    expect(await touchedOf(history, ours)).toEqual(moved);
    for (const worker of [first, second, fourth, alone]) await worker.stop();
  },
);

test('slots are dealt out anew when their topic is given more partitions, and newcomers agree: it ends equal', async () => {
  await using services = await testServices();
  const { name, kafka } = services;
  await using load = await musicUnderLoad(services, { items: 200, seed: 73, rate: 30 });
  const tasks = { source: 2, sink: TASKS };
  await using file = await migrationFile(services, { tables: ['Music'], rest: { tasks } });
  await using first = await Worker.start('sink', services, { settings });
  await using second = await Worker.start('sink', services, { settings });
  await using source = await Worker.start('source', services, { settings });
  await using history = await taskHistory(services);
  await post(first, await printedConnectors(file.path));
  const ours = Array.from({ length: TASKS }, (_, task) => `${name}-alternator-${task}`);
  await using seen = await witness(file.path, 'Music');
  await until('two workers share the tasks', () => isSpread(history, ours, [first, second]));

  const count = 2 * SLOTS + 1;
  const topicPartitions = [{ topic: `${name}-slots`, count }];
  await withAdmin(kafka.bootstrap, (admin) => admin.createPartitions({ topicPartitions }));
  const said = ({ log }: Worker) => log.includes('they are dealt out anew');
  await until('both kinds have seen it', () => (said(first) || said(second)) && said(source));
  await using third = await Worker.start('sink', services, { settings });
  const all = [first, second, third];
  await until('three workers share the tasks', () => isSpread(history, ours, all, count));
  await untilChangesFlow(seen);
  expect(await isSpread(history, ours, all, count)).toBe(true);
  await expectMigrated(services, load, seen, file);
  for (const worker of [...all, source]) await worker.stop();
});

const touchedOf = async (history: TaskHistory, ours: readonly string[]) => {
  const touched = new Set(await history.touched());
  return ours.filter((task) => touched.has(task));
};

/** All tasks run, on these workers alone, and each has as many of the slots with tasks as another, or one more. */
async function isSpread(
  history: TaskHistory,
  ours: readonly string[],
  workers: readonly Worker[],
  count = SLOTS,
) {
  const now = await history.now();
  const slots = new Map(workers.map(({ id }) => [id, new Set<number>()]));
  for (const task of ours) {
    const { state, worker_id: id } = now.get(task) ?? ({} as Partial<TaskState>);
    const taken = slots.get(id ?? '');
    if (state !== 'RUNNING' || taken === undefined) return false;
    const [, connector = '', number] = /^(.+)-(\d+)$/.exec(task) ?? [];
    taken.add(slotOf(connector, Number(number), count));
  }
  const counts = [...slots.values()].map(({ size }) => size);
  return Math.max(...counts) - Math.min(...counts) <= 1;
}
