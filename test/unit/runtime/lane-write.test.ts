import { expect, test } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import type { Incoming } from '../../../connectors/runtime/incoming.ts';
import { type LaneTarget, writeLane } from '../../../connectors/runtime/lane-write.ts';
import { attributes, putRecord, sinkTable } from '../../sink-records.ts';

const refused = new ConnectError('RECORD_REFUSED', 'refused');
const table = sinkTable('T');

const incoming = (offset: number, id: string, error: ConnectError | null = null): Incoming => ({
  raw: { offset, timestampMs: 0, key: null, value: null, headers: [] },
  record: error ? null : putRecord(table, attributes({ id: { S: id } })),
  outcome: error ? 'deadLettered' : 'written',
  error,
  stage: error ? 'VALUE_CONVERTER' : 'TASK_PUT',
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
