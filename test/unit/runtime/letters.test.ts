import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConnectError } from '../../../connectors/errors.ts';
import type { OutRecord } from '../../../connectors/kafka/wire/record-batch.ts';
import type { InRecord } from '../../../connectors/kafka/wire/record-decode.ts';
import { readLetter, versionHeader } from '../../../connectors/runtime/dead-letters/letter.ts';
import { sumOutcomes } from '../../../connectors/runtime/outcomes.ts';
import { afterRetry } from '../../../connectors/runtime/retry/retry-outcomes.ts';
import { isSettled, settledIn, settleRead } from '../../../connectors/runtime/retry/settled-letters.ts';
import { FRESH_LANE, readLane, writeLane } from '../../../connectors/runtime/sink/lane-state.ts';
import { rejectedToRecords } from '../../../connectors/runtime/source/outgoing.ts';

const asRead = ({ key, value, timestampMs, headers = [] }: OutRecord, offset: number): InRecord => ({
  offset,
  timestampMs,
  key: key as Buffer | null,
  value: value as Buffer | null,
  headers: headers.map(([name, text]) => [name, Buffer.from(text as string)] as const),
});

describe('a letter', () => {
  test('of a source is read from its headers: where, why, and that no topic holds its record', () => {
    const error = new ConnectError('RECORD_NUMBER', 'line 7 is bad', {
      detail: { table: 'Music', file: 'data/a.json.gz', line: 7 },
    });
    const from = {
      connector: 'm-snapshot',
      task: 1,
      topic: 'm.Music.snapshot',
      pluginName: 'S3ExportSource',
      contextHeaders: true,
    };
    const at = Date.UTC(2026, 10, 21);
    const [record] = rejectedToRecords([{ error, bytes: Buffer.from('{') }], from, at);
    expect(readLetter(asRead(record!, 5))).toEqual({
      at: 5,
      hasContext: true,
      connector: 'm-snapshot',
      table: 'Music',
      stage: 'VALUE_CONVERTER',
      reason: 'RECORD_NUMBER',
      message: 'line 7 is bad',
      place: null,
      origin: { file: 'data/a.json.gz', line: '7' },
      setAside: '2026-11-21T00:00:00.000Z',
      key: null,
      version: null,
    });
    expect(Object.fromEntries(record!.headers!)).toMatchObject({
      '__connect.errors.class.name': 'S3ExportSource',
    });
  });

  test('of a source is the original bytes alone where headers are not wanted', () => {
    const error = new ConnectError('RECORD_NUMBER', 'bad', { detail: { table: 'Music', line: 7 } });
    const from = { connector: 'c', task: 1, topic: 't', pluginName: 'P', contextHeaders: false };
    const [record] = rejectedToRecords([{ error, bytes: Buffer.from('{') }], from, 3);
    expect(record).toEqual({ key: null, value: Buffer.from('{'), timestampMs: 3, headers: [] });
  });

  test('that somebody else wrote lacks what its headers do not tell', () => {
    const letter = readLetter({ offset: 1, timestampMs: 0, key: null, value: null, headers: [] });
    expect(letter).toMatchObject({
      hasContext: false,
      connector: '',
      table: null,
      reason: '',
      place: null,
      version: null,
    });
    expect(versionHeader([['messina.version', Buffer.from('x')]])).toBeNull();
  });
});

describe('settled letters', () => {
  const read = { topic: 'dead', end: 10 };
  const letter = (at: number, reason = 'RECORD_REFUSED') => ({ at, reason });

  test('are all that were read, or those of one reason; later ones wait', () => {
    const all = settleRead(null, read, null);
    expect([letter(9), letter(10)].map((one) => isSettled(all, one))).toEqual([true, false]);
    const some = settleRead(null, read, 'RECORD_REFUSED');
    expect(isSettled(some, letter(9))).toBe(true);
    expect(isSettled(some, letter(9, 'RECORD_TOO_LARGE'))).toBe(false);
    const both = settleRead(some, { ...read, end: 12 }, 'RECORD_TOO_LARGE');
    expect(
      [letter(9), letter(10), letter(11, 'RECORD_TOO_LARGE')].map((one) => isSettled(both, one)),
    ).toEqual([true, false, true]);
  });

  test('are none in another topic, or in one that was made anew: nothing is forgotten', () => {
    const settled = settleRead(null, read, null);
    expect(settledIn(settled, read)).toBe(settled);
    expect(settledIn(settled, { ...read, topic: 'other' })).toBeNull();
    expect(settledIn(settled, { ...read, end: 9 })).toBeNull();
    expect(settledIn(settleRead(null, read, 'RECORD_REFUSED'), { ...read, end: 9 })).toBeNull();
  });

  test('come back as they were committed', () => {
    const state = { ...FRESH_LANE, settled: settleRead(null, read, 'RECORD_REFUSED') };
    const { snapshot, changes } = writeLane(state);
    expect(readLane(snapshot, changes)).toEqual(state);
    expect(writeLane(FRESH_LANE).snapshot.metadata).not.toContain('letters');
  });
});

test('a retry moves outcomes and adds none: dead-lettered is as many as letters wait, whatever was counted before', () => {
  const count = fc.nat({ max: 9 });
  const outcomes = fc.record({ written: count, superseded: count, filtered: count, deadLettered: count });
  fc.assert(
    fc.property(outcomes, count, outcomes, (before, left, became) => {
      const after = afterRetry(before, left, became);
      expect(sumOutcomes(after)).toBe(sumOutcomes(before));
      for (const value of Object.values(after)) expect(value).toBeGreaterThanOrEqual(0);
      if (left <= sumOutcomes(before)) expect(after.deadLettered).toBe(left);
    }),
  );
  expect(
    afterRetry({ written: 5, superseded: 1, filtered: 0, deadLettered: 4 }, 1, {
      written: 2,
      filtered: 1,
      superseded: 0,
    }),
  ).toEqual({ written: 7, superseded: 1, filtered: 1, deadLettered: 1 });
});
