import { expect, test } from 'vitest';
import { ConnectError } from '../../../connectors/errors.ts';
import { createLogger } from '../../../connectors/log.ts';
import { ChainMending, mendingWorld } from '../../../migration/chain-mending.ts';
import type { MigrationStatus } from '../../../migration/status.ts';
import type { TopicsView } from '../../../migration/topics-view.ts';
import type { RepairResult } from '../../../migration/verify/repair-table.ts';
import { parse, validText } from './migration-text.ts';

const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });
const status = {
  tables: [{ table: 'Music', phase: 'following', changes: { lagSeconds: 1 } }],
} as unknown as MigrationStatus;

const result = (settled: boolean, immovable = 0): RepairResult => ({
  settled,
  report: {
    table: 'Music',
    compared: 3,
    equal: 2,
    missing: 1,
    different: 0,
    extra: 0,
    examples: [],
    immovable,
  },
});

/** A table whose mending ends as told; the last word is repeated. */
class World {
  nowMs = 0;
  leads = true;
  tries: number[] = [];
  remembered: string[] = [];
  signal: AbortSignal | null = null;
  readonly mending: ChainMending;

  constructor(ends: readonly (() => RepairResult | Promise<RepairResult>)[]) {
    this.mending = new ChainMending({
      clock: { monotonic: () => this.nowMs },
      log,
      lagSeconds: 2,
      leads: () => this.leads,
      awaits: (table) => !this.remembered.includes(table),
      mend: async (_table, signal) => {
        this.signal = signal;
        this.tries.push(this.nowMs);
        return ends[Math.min(this.tries.length, ends.length) - 1]!();
      },
      remember: async (table) => void this.remembered.push(table),
    });
  }

  /** Looks once a second. */
  async live(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.mending.look(status);
      await new Promise(setImmediate);
      this.nowMs += 1000;
    }
  }
}

test('a table that is not settled is mended again, after a rest that grows: each try reads the whole source', async () => {
  const world = new World([() => result(false), () => result(false), () => result(true)]);
  await world.live(600);
  expect(world.tries).toEqual([0, 60_000, 180_000]);
  expect(world.remembered).toEqual(['Music']);
});

test('what is out of reach for a while is tried again, after a rest', async () => {
  const fail = () => {
    throw new ConnectError('SOURCE_THROTTLED', 'too fast');
  };
  const world = new World([fail, () => result(true)]);
  await world.live(100);
  expect(world.tries).toEqual([0, 60_000]);
  expect(world.mending.failures.size).toBe(0);
  expect(world.remembered).toEqual(['Music']);
});

test('rows that the target keeps as they are halt the table, and it is never remembered as mended', async () => {
  const world = new World([() => result(false, 1)]);
  await world.live(3600);
  expect(world.tries).toHaveLength(1);
  expect(world.mending.failures.get('Music')).toMatchObject({ code: 'TARGET_UNMENDED' });
  expect(world.remembered).toEqual([]);
});

test('only the process that leads mends, and it breaks off when another took over', async () => {
  const world = new World([() => new Promise<RepairResult>(() => {})]);
  world.leads = false;
  await world.live(5);
  expect(world.tries).toEqual([]);
  world.leads = true;
  await world.live(5);
  expect(world.signal?.aborted).toBe(false);
  world.leads = false;
  await world.live(1);
  expect(world.signal?.aborted).toBe(true);
});

test('the process that runs the first snapshot task leads, as the status topic has it', () => {
  let said: string | null = null;
  const view = { status: { get: () => said } } as unknown as TopicsView;
  const leads = () => mendingWorld(parse(validText), view, 'me', log).leads();
  expect(leads()).toBe(false);
  const words: [string, string, boolean][] = [
    ['RUNNING', 'me', true],
    ['RUNNING', 'another', false],
    ['UNASSIGNED', 'me', false],
  ];
  for (const [state, worker_id, expected] of words) {
    said = JSON.stringify({ state, worker_id });
    expect(leads()).toBe(expected);
  }
});
