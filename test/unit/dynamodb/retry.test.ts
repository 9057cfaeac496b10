import { describe, expect, test } from 'vitest';
import { DynamoDbError } from '../../../dynamodb/errors.ts';
import { retried } from '../../../dynamodb/retry.ts';
import { FakeClock } from './fake-clock.ts';

const throttle = new DynamoDbError('ThrottlingException', 'slow down', { status: 400 });

function failing(times: number, error: unknown = throttle): () => Promise<string> {
  let left = times;
  return () => (left-- > 0 ? Promise.reject(error) : Promise.resolve('done'));
}

describe('a read', () => {
  test('is repeated after throttles, with pauses that double up to a bound', async () => {
    const clock = new FakeClock(true);
    const options = { clock, random: () => 1, pauseMs: 50, pauseMsMax: 150 };
    expect(await retried(failing(4), options)).toBe('done');
    expect(clock.sleeps).toEqual([50, 100, 150, 150]);
  });

  test('throws the last error when its attempts are used up', async () => {
    const clock = new FakeClock(true);
    await expect(retried(failing(3), { clock, attemptsMax: 3 })).rejects.toBe(throttle);
    expect(clock.sleeps).toHaveLength(2);
  });

  test.each([new DynamoDbError('ValidationException', 'm', { status: 400 }), new Error('ours')])(
    'is not repeated after %s',
    async (error) => {
      const clock = new FakeClock(true);
      await expect(retried(failing(1, error), { clock })).rejects.toBe(error);
      expect(clock.sleeps).toEqual([]);
    },
  );

  test('stops waiting at an abort', async () => {
    const controller = new AbortController();
    const waiting = retried(failing(9), { clock: new FakeClock(), signal: controller.signal });
    controller.abort(new Error('stopping'));
    await expect(waiting).rejects.toThrow('stopping');
  });
});
