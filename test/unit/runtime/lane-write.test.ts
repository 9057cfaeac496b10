import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import type { Incoming } from '../../../connectors/runtime/sink/incoming.ts';
import { type LaneTarget, writeLane } from '../../../connectors/runtime/sink/lane-write.ts';
import { attributes, putRecord, sinkTable } from '../../sink-records.ts';

const refused = new ConnectError('RECORD_REFUSED', 'refused');
const table = sinkTable('T');

const incoming = (offset: number, id: string, error: ConnectError | null = null): Incoming => ({
  raw: { offset, timestampMs: 0, key: null, value: null, headers: [] },
  record: error ? null : putRecord(table, attributes({ id: { S: id } })),
  outcome: error ? 'deadLettered' : 'written',
  error,
  stage: error ? 'VALUE_CONVERTER' : 'TASK_PUT',
  by: error ? 'AvroConverter' : null,
});

test('what a bad record takes away is written, and set aside once, whatever becomes of that (rule C6)', async () => {
  const sent: unknown[] = [];
  const letters: unknown[] = [];
  const target = {
    task: {
      put: async (_table: unknown, _lane: string, records: readonly unknown[], standing: unknown) => {
        sent.push(records.length, standing);
        return [{ index: 1, error: refused }];
      },
    },
    table,
    lane: 'T/0',
    ordersByVersion: true,
    moves: true,
    deadLetters: {
      succeeded: () => {},
      add: async (_place: unknown, set: { raw: { offset: number }; error: ConnectError }[]) => {
        letters.push(...set.map(({ raw, error }) => [raw.offset, error.code]));
      },
    },
    world: { clock: systemClock, log: { warn() {} } },
    signal: new AbortController().signal,
    isOurs: () => true,
    onFault: () => {},
  } as unknown as LaneTarget;
  const error = new ConnectError('RECORD_TRANSFORM', 'bad');
  const bad = { ...incoming(11, 'b', error), record: incoming(11, 'b').record };
  expect(await writeLane(target, 'snapshot', 0, [incoming(10, 'a'), bad], 0, 7)).toMatchObject({
    written: 1,
    deadLettered: 1,
  });
  expect(sent).toEqual([2, expect.objectContaining({ firstVersion: 7 })]);
  expect(letters).toEqual([[11, 'RECORD_TRANSFORM']]);
});

describe('a target that fails for a while', () => {
  const away = new ConnectError('TARGET_UNREACHABLE', 'no node answers', { detail: { table: 'T' } });
  /** A target that says what `answers` has, then is well; time passes by 1 s in each put. */
  const subject = (
    answers: readonly (ConnectError | { index: number; error: ConnectError }[])[],
    retryTimeoutMs: number,
  ) => {
    let nowMs = 0;
    const standings: unknown[] = [];
    const sleeps: number[] = [];
    const letters: unknown[] = [];
    const left = [...answers];
    const target = {
      task: {
        put: async (_table: unknown, _lane: string, _records: unknown, standing: unknown) => {
          standings.push(standing);
          nowMs += 1000;
          const answer = left.shift() ?? [];
          if (answer instanceof ConnectError) throw answer;
          return answer;
        },
      },
      table,
      lane: 'T/0',
      ordersByVersion: true,
      deadLetters: { succeeded: () => {}, add: async (_: unknown, set: unknown[]) => letters.push(...set) },
      retries: { retryTimeoutMs, retryDelayMaxMs: 5 },
      world: {
        clock: {
          ...systemClock,
          monotonic: () => nowMs,
          sleep: async (ms: number) => {
            sleeps.push(ms);
            nowMs += ms;
          },
        },
        log: { warn() {} },
      },
      signal: new AbortController().signal,
      isOurs: () => true,
      onFault: () => {},
    } as unknown as LaneTarget;
    return { put: () => writeLane(target, 'changes', 0, [incoming(1, 'a')], 0), standings, sleeps, letters };
  };
  const times = (count: number) => new Array<ConnectError>(count).fill(away);

  test('is waited out for ever where no end is set, and between tries no longer than the key allows', async () => {
    const { put, standings, sleeps } = subject(times(500), -1);
    expect(await put()).toMatchObject({ written: 1 });
    expect(Math.max(...sleeps)).toBeLessThanOrEqual(5);
    expect(standings[0]).not.toHaveProperty('failsAfterMs');
  });

  test('longer than errors.retry.timeout fails with its error, which may be tried again by whoever runs the task', async () => {
    const { put, standings } = subject(times(500), 3000);
    await expect(put()).rejects.toMatchObject({
      code: 'TARGET_UNREACHABLE',
      remedy: 'retry',
      detail: { table: 'T' },
      cause: away,
      message: expect.stringMatching(/^no node answers .*errors\.retry\.timeout is 3000 ms/),
    });
    expect(standings).toHaveLength(3);
    expect(standings[0]).toMatchObject({ failsAfterMs: 3000 });
  });

  test('is not tried again where the timeout is 0; shorter than the timeout it is forgotten', async () => {
    const { put, standings } = subject(times(1), 0);
    await expect(put()).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
    expect(standings).toHaveLength(1);
    expect(await subject(times(2), 3000).put()).toMatchObject({ written: 1 });
  });

  test('for single records has the batch repeated: what passes sets nothing aside', async () => {
    const { put, letters, standings } = subject([[{ index: 0, error: away }]], 3000);
    expect(await put()).toMatchObject({ written: 1, deadLettered: 0 });
    expect(letters).toEqual([]);
    expect(standings).toHaveLength(2);
  });

  test('while a lease is lost, or Kafka is away, is no fault of the target’s: that is always waited out', async () => {
    const lost = new ConnectError('LEASE_LOST', 'paused');
    expect(await subject([lost, lost, lost], 0).put()).toMatchObject({ written: 1 });
  });
});

test('a batch says in its order what failed and what was written between, and sets aside in that order', async () => {
  const heard: unknown[] = [];
  const target = {
    task: { put: async () => [{ index: 1, error: refused }] },
    table,
    lane: 'T/0',
    ordersByVersion: false,
    deadLetters: {
      succeeded: () => heard.push('all written'),
      add: async (
        _place: unknown,
        letters: { raw: { offset: number } }[],
        failures: (ConnectError | null)[],
      ) => {
        heard.push(
          letters.map(({ raw }) => raw.offset),
          failures.map((error) => error?.code ?? null),
        );
      },
    },
    world: { clock: systemClock, log: { warn() {} } },
    signal: new AbortController().signal,
    isOurs: () => true,
    onFault: () => {},
  } as unknown as LaneTarget;
  const undecodable = new ConnectError('RECORD_UNDECODABLE', 'bad');
  const batch = [
    incoming(10, 'a'),
    incoming(11, 'b'),
    incoming(12, 'x', undecodable),
    incoming(13, 'c'),
    incoming(14, 'c'),
  ];
  expect(await writeLane(target, 'changes', 0, batch, 11)).toEqual({
    written: 1,
    superseded: 1,
    filtered: 0,
    deadLettered: 2,
  });
  expect(heard).toEqual([
    [11, 12],
    [null, 'RECORD_REFUSED', 'RECORD_UNDECODABLE', null],
  ]);
});
