import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { enableStream } from '../../cli/demo/table-stream.ts';
import { loadItems } from '../../workload/fill.ts';
import { type Random, randomFrom } from '../../workload/random.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { testServices } from '../services.ts';
import { expectEqualTables } from './harness/compare.ts';
import { type HeldExport, holdExport } from './harness/held-export.ts';
import { expectExit, Messina, messina, messinaJson } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { NO_SCENE, type Scene, type Witness, witness } from './harness/scene.ts';
import { expectSums } from './harness/sums.ts';

/** KILLS_SEED repeats the moments that a failure has named, as far as the machine lets it. */
const seed = Number(process.env['KILLS_SEED'] ?? Date.now() % 1_000_000_000);

const ITEMS = 3_000;
/** A data file of 1500 such items is eight batches long. */
const PADDING_BYTES = 5_000;
/** The slack of the file, and a second more: the stream's creation is told in whole seconds. */
const SLACK_MS = 2_000;
/** How long an aim is waited for before the kill happens all the same; on a fast machine a few seconds are enough. */
const PATIENCE_MS = 150_000;
/** What a broker decided already, it carries out within this time. */
const SETTLE_MS = 300;

/** What a kill can hit; each is seen by the broker, before it and while the process stands still. */
const hits = {
  'mid-file': (before, after) => after.filesOpen > 0 && after.rowsPublished > before.rowsPublished,
  transaction: (before, after) => after.transactions.some((one) => !before.transactions.includes(one)),
  'gate closed': (before, after) => after.gatesClosed > 0 && after.rowsDone > before.rowsDone,
  'changes flow': (before, after) => after.changesDone > before.changesDone && after.changesWaiting > 0,
} satisfies Record<string, (before: Scene, after: Scene) => boolean>;

type Hit = keyof typeof hits;
const every = Object.keys(hits) as Hit[];

/** Longest random delay between the moment at which an aim is seen and the end. */
const delayMaxMs: Record<Hit, number> = {
  'mid-file': 40,
  transaction: 1,
  'gate closed': 300,
  'changes flow': 2_000,
};

test('a migration killed at ten random moments ends equal, and every record is counted once', {
  timeout: 900_000,
}, async () => {
  console.log(`KILLS_SEED=${seed}`);
  const random = randomFrom(seed);
  await using services = await testServices();
  const address = { endpoint: services.source.endpoint, credentials: services.credentials, table: 'Music' };
  await createMusicTable(address);
  await loadItems({ ...address, items: ITEMS, shape: { size: 'mixed', paddingBytes: PADDING_BYTES }, seed });
  // After the load: a stream that begins with megabytes is read for long before the first row.
  await enableStream(address);
  await sleep(SLACK_MS);
  const target = { writesPerSecond: 600 };
  await using file = await migrationFile(services, { tables: ['Music'], snapshot: { segments: 2 }, target });
  await using workload = startWorkload({ ...address, items: ITEMS, seed: seed + 1, rate: 60 });
  const directory = `${file.directory}/export`;
  const exported = ['export', file.path, '--table', 'Music', '--to', `file://${directory}`];
  const { manifest, files } = await messinaJson<{ manifest: string; files: number }>(...exported);
  expect(files).toBe(2);
  await using held = await holdExport(directory);
  const manifests = { Music: held.urlOf(manifest.slice(`file://${directory}/`.length)) };
  const s3 = { bucket: 'exports', endpoint: held.endpoint, region: services.region, forcePathStyle: true };
  await file.write({ tables: ['Music'], snapshot: { from: 'manifest', manifests, s3 }, target });

  const log = await killAll(file.path, aimsOf(random), held, random);
  console.log(log.table);
  expect(log.kills).toBeGreaterThanOrEqual(10);
  for (const hit of every)
    expect({ hit, times: log.times[hit] }).toEqual({ hit, times: expect.toSatisfy((n) => n >= 2) });

  const { c, u, d } = (await workload.stop()).byEffect;
  await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
  await expectEqualTables(
    { client: services.source.client, table: 'Music' },
    { client: services.target.client, table: 'Music' },
  );
  const { tables } = await expectSums(file.path);
  expect(tables[0]?.changes.byOperation).toEqual({ c, u, d });
});

interface Aim {
  readonly hit: Hit;
  /** How much of each data file comes; below 1 none has an end, and so no gate opens. */
  readonly share: number;
}

/**
 * What each kill aims at, in an order that chance decides. Those that need a file without its end, or a closed gate, come
 * before any file has one; each of them gets a batch of each file more than the one before it.
 */
function aimsOf(random: Random): Aim[] {
  const loading = shuffled<Hit>(random, [
    ...Array<Hit>(2).fill('mid-file'),
    ...Array<Hit>(2).fill('gate closed'),
    ...Array<Hit>(2).fill('transaction'),
  ]);
  const following = shuffled<Hit>(random, ['changes flow', 'changes flow', 'changes flow', 'transaction']);
  return [
    ...loading.map((hit, n) => ({ hit, share: (n + 1) / (loading.length + 1) })),
    ...following.map((hit) => ({ hit, share: 1 })),
  ];
}

function shuffled<T>(random: Random, from: readonly T[]): T[] {
  const rest = [...from];
  return Array.from(from, () => rest.splice(random.below(rest.length), 1)[0] as T);
}

async function killAll(path: string, aims: readonly Aim[], held: HeldExport, random: Random) {
  const times: Record<Hit, number> = { 'mid-file': 0, transaction: 0, 'gate closed': 0, 'changes flow': 0 };
  const rows: string[] = [];
  let seen: Witness | null = null;
  let before = NO_SCENE;
  let kills = 0;
  const began = performance.now();
  try {
    for (const { hit: aim, share } of aims) {
      const spawned = performance.now();
      held.hold(share);
      await using run = new Messina(['migrate', path, '--log-level', 'debug', '--log-format', 'json']);
      seen ??= await witness(path, 'Music');
      const after = await killed(seen, run, aim, before, random);
      const ranMs = performance.now() - spawned;
      await run.ended;
      kills++;
      const hit = every.filter((one) => hits[one](before, after));
      for (const one of hit) times[one]++;
      rows.push(row(kills, ranMs, aim, hit, after));
      before = after;
    }
  } finally {
    held.release();
    await seen?.[Symbol.asyncDispose]();
  }
  const tookMs = performance.now() - began;
  return { kills, times, table: [...rows, `${kills} kills in ${(tookMs / 1000).toFixed(1)} s`].join('\n') };
}

/**
 * Stops the process where its aim was seen, and kills it when it does stand there: on a slow machine the moment has often
 * passed before a signal arrives, and the process goes on to the next such moment.
 */
async function killed(seen: Witness, run: Messina, aim: Hit, before: Scene, random: Random): Promise<Scene> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    await seenUnlessLate(seen, run, aim, before, deadline);
    await sleep(random.below(delayMaxMs[aim] + 1));
    if (!run.running) throw new Error(`migrate ended by itself:\n${run.stderr}`);
    run.kill('SIGSTOP');
    await sleep(SETTLE_MS);
    const scene = await seen.look();
    if (hits[aim](before, scene) || performance.now() >= deadline) {
      run.kill();
      return scene;
    }
    run.kill('SIGCONT');
  }
}

async function seenUnlessLate(
  seen: Witness,
  run: Messina,
  aim: Hit,
  before: Scene,
  deadline: number,
): Promise<void> {
  while (run.running && performance.now() < deadline) {
    if (aim === 'transaction') {
      if ((await seen.transactions()).some((one) => !before.transactions.includes(one))) return;
    } else {
      if (hits[aim](before, await seen.look())) return;
      await sleep(10);
    }
  }
}

function row(kill: number, ranMs: number, aim: Hit, hit: readonly Hit[], after: Scene): string {
  const { rowsPublished, filesOpen, filesDone, transactions, gatesClosed, gatesOpen, rowsDone, changesDone } =
    after;
  return [
    `kill ${String(kill).padStart(2)} after ${(ranMs / 1000).toFixed(1).padStart(5)} s, aimed at ${aim.padEnd(12)}`,
    `hit: ${hit.join(', ') || 'nothing of these'}`.padEnd(60),
    `files ${filesDone} done ${filesOpen} open, ${rowsPublished} rows published, ${rowsDone} done`,
    `gates ${gatesClosed} closed ${gatesOpen} open, ${changesDone} changes done`,
    `${transactions.length} partitions in transactions`,
  ].join(' | ');
}
