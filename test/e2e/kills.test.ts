import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { loadItems } from '../../local/load.ts';
import { type Random, randomFrom } from '../../local/random.ts';
import { createMusicTable } from '../../local/table.ts';
import { startWorkload } from '../../local/workload.ts';
import { testServices } from '../services.ts';
import { expectEqualTables } from './harness/compare.ts';
import { expectExit, Messina, messina, messinaJson } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { NO_SCENE, type Scene, type Witness, witness } from './harness/scene.ts';
import { expectSums } from './harness/sums.ts';

/** KILLS_SEED repeats the moments that a failure has named, as far as the machine lets it. */
const seed = Number(process.env['KILLS_SEED'] ?? Date.now() % 1_000_000_000);

const ITEMS = 5_000;
/** How long an aim is waited for before the kill happens all the same. */
const PATIENCE_MS = 25_000;
/** What a broker decided already, it carries out within this time. */
const SETTLE_MS = 300;

/** What a kill can hit; each is seen by the broker, before it and after it. */
const hits = {
  'mid-file': (before, after) => after.filesOpen > 0 && after.rowsPublished > before.rowsPublished,
  transaction: (before, after) => after.transactions.some((one) => !before.transactions.includes(one)),
  'gate closed': (before, after) => after.gatesClosed > 0 && after.rowsDone > before.rowsDone,
  'changes flow': (before, after) => after.changesDone > before.changesDone && after.changesWaiting > 0,
} satisfies Record<string, (before: Scene, after: Scene) => boolean>;

type Hit = keyof typeof hits;
const every = Object.keys(hits) as Hit[];

/** Longest random delay between the moment at which an aim is seen and the kill. */
const delayMaxMs: Record<Hit, number> = {
  'mid-file': 40,
  transaction: 1,
  'gate closed': 300,
  'changes flow': 2_000,
};

test('a migration killed at ten random moments ends equal, and every record is counted once', {
  timeout: 300_000,
}, async () => {
  console.log(`KILLS_SEED=${seed}`);
  const random = randomFrom(seed);
  await using services = await testServices();
  const address = { endpoint: services.source.endpoint, credentials: services.credentials, table: 'Music' };
  await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES' });
  await loadItems({ ...address, items: ITEMS, seed });
  // Few files of several batches each: there is a middle to hit. A slow target: there is time with the gate closed.
  const target = { writesPerSecond: 600 };
  await using file = await migrationFile(services, { tables: ['Music'], snapshot: { segments: 2 }, target });
  await using workload = startWorkload({ ...address, items: ITEMS, seed: seed + 1, rate: 60 });
  const exported = ['export', file.path, '--table', 'Music', '--to', `file://${file.directory}/export`];
  const { manifest, files } = await messinaJson<{ manifest: string; files: number }>(...exported);
  expect(files).toBe(2);
  const snapshot = { from: 'manifest', manifests: { Music: manifest } };
  await file.write({ tables: ['Music'], snapshot, target });

  const log = await killAll(file.path, aimsOf(random), random);
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
  expect(tables[0]?.changes.byOperation).toEqual({ c: c + ITEMS, u, d });
});

/** What each kill aims at, in an order that chance decides as far as a load allows it: files end before gates open. */
function aimsOf(random: Random): Hit[] {
  return [
    ...shuffled<Hit>(random, ['mid-file', 'mid-file', 'transaction', 'transaction']),
    ...shuffled<Hit>(random, ['gate closed', 'gate closed']),
    ...shuffled<Hit>(random, ['changes flow', 'changes flow', 'changes flow', 'transaction']),
  ];
}

function shuffled<T>(random: Random, from: readonly T[]): T[] {
  const rest = [...from];
  return Array.from(from, () => rest.splice(random.below(rest.length), 1)[0] as T);
}

async function killAll(path: string, aims: readonly Hit[], random: Random) {
  const times: Record<Hit, number> = { 'mid-file': 0, transaction: 0, 'gate closed': 0, 'changes flow': 0 };
  const rows: string[] = [];
  let seen: Witness | null = null;
  let before = NO_SCENE;
  let kills = 0;
  const began = performance.now();
  try {
    for (const aim of aims) {
      const spawned = performance.now();
      await using run = new Messina(['migrate', path, '--log-level', 'debug', '--log-format', 'json']);
      seen ??= await witness(path, 'Music');
      await seenUnlessLate(seen, run, aim, before);
      await sleep(random.below(delayMaxMs[aim] + 1));
      if (!run.running) throw new Error(`migrate ended by itself:\n${run.stderr}`);
      run.kill();
      const ranMs = performance.now() - spawned;
      await run.ended;
      kills++;
      await sleep(SETTLE_MS);
      const after = await seen.look();
      const hit = every.filter((one) => hits[one](before, after));
      for (const one of hit) times[one]++;
      rows.push(row(kills, ranMs, aim, hit, after));
      before = after;
    }
  } finally {
    await seen?.[Symbol.asyncDispose]();
  }
  const tookMs = performance.now() - began;
  return { kills, times, table: [...rows, `${kills} kills in ${(tookMs / 1000).toFixed(1)} s`].join('\n') };
}

async function seenUnlessLate(seen: Witness, run: Messina, aim: Hit, before: Scene): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
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
