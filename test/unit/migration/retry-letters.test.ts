import { expect, test, vi } from 'vitest';
import { ConnectError } from '../../../connectors/errors.ts';
import { createLogger } from '../../../connectors/log.ts';
import type { LaneLetter } from '../../../connectors/runtime/retry/retry-plan.ts';
import { bringsRows } from '../../../migration/dead-letters/brings-rows.ts';
import { retryLetters } from '../../../migration/dead-letters/retry.ts';
import { parse, validText } from './migration-text.ts';

const calls = vi.hoisted(() => [] as string[]);

vi.mock('../../../migration/kafka-client.ts', () => ({
  connectKafka: async () => ({ [Symbol.asyncDispose]: async () => {} }),
}));
vi.mock('../../../migration/dead-letters/read-letters.ts', () => ({
  lettersUntilNow: async () => {
    calls.push('letters');
    return null;
  },
}));
vi.mock('../../../migration/replay/replay-lanes.ts', () => ({
  assertStopped: async (_kafka: unknown, sink: string) => {
    calls.push(`stopped ${sink}`);
    throw new ConnectError('SINK_RUNNING', 'is being run');
  },
}));

test('a sink that runs is refused before its letters are read: it would set more aside behind them', async () => {
  const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });
  const request = { tables: [], reason: null, signal: new AbortController().signal, log };
  await expect(retryLetters(parse(validText), request)).rejects.toMatchObject({ code: 'SINK_RUNNING' });
  expect(calls).toEqual(['stopped music-alternator']);
});

test('a retry may send a row for a letter of a row, or of a change of before; never behind a change of now', () => {
  const letter = { reason: 'RECORD_REFUSED', topic: 'changes', offset: 1, key: 'k', version: 20 };
  const brings = (change: Partial<LaneLetter>, reason: string | null = null) => {
    const letters = [letter, { ...letter, ...change }];
    return bringsRows({ letters, reason, read: { topic: 'dead', end: 9 } }, 'rows', 10);
  };
  expect(brings({})).toBe(false);
  expect(brings({ topic: 'rows' })).toBe(true);
  expect(brings({ version: 9 })).toBe(true);
  expect(brings({ version: null })).toBe(true);
  expect(brings({ topic: 'rows' }, 'RECORD_TOO_LARGE')).toBe(false);
});
