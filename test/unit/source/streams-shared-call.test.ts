import { describe, expect, test } from 'vitest';
import { SharedCall } from '../../../source/streams/shared-call.ts';

/** A call whose answers are given by hand. */
function handled(keepMs = 0) {
  let nowMs = 0;
  const calls: { readonly signal: AbortSignal; answer(value: string): void; fail(error: Error): void }[] = [];
  const shared = new SharedCall<string>(
    (signal) =>
      new Promise((resolve, reject) => {
        calls.push({ signal, answer: (value) => resolve({ value, keepMs }), fail: reject });
      }),
    () => nowMs,
  );
  return { shared, calls, advance: (ms: number) => (nowMs += ms) };
}
const { signal } = new AbortController();

describe('a shared call', () => {
  test('is made once for all who ask while it is under way', async () => {
    const { shared, calls } = handled();
    const answers = [shared.get(signal), shared.get(signal)];
    calls[0]!.answer('a');
    expect(await Promise.all(answers)).toEqual(['a', 'a']);
    expect(calls).toHaveLength(1);
  });

  test('gives its answer out until that is too old', async () => {
    const { shared, calls, advance } = handled(1000);
    const first = shared.get(signal);
    calls[0]!.answer('a');
    await first;
    advance(999);
    expect(await shared.get(signal)).toBe('a');
    advance(1);
    const second = shared.get(signal);
    calls[1]!.answer('b');
    expect(await second).toBe('b');
  });

  test('goes on for those who stay when one leaves, and is aborted when all have left', async () => {
    const { shared, calls } = handled();
    const [one, other] = [new AbortController(), new AbortController()];
    const left = shared.get(one.signal);
    const stays = shared.get(other.signal);
    one.abort(new Error('one'));
    await expect(left).rejects.toThrow('one');
    expect(calls[0]!.signal.aborted).toBe(false);
    other.abort(new Error('other'));
    await expect(stays).rejects.toThrow('other');
    expect(calls[0]!.signal.aborted).toBe(true);
    const again = shared.get(signal);
    calls[1]!.answer('new');
    expect(await again).toBe('new');
  });

  test('does not keep a failure', async () => {
    const { shared, calls } = handled(1000);
    const failing = shared.get(signal);
    calls[0]!.fail(new Error('no'));
    await expect(failing).rejects.toThrow('no');
    const again = shared.get(signal);
    calls[1]!.answer('yes');
    expect(await again).toBe('yes');
  });

  test('is not made for who has left already', async () => {
    const { shared, calls } = handled();
    await expect(shared.get(AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(calls).toHaveLength(0);
  });
});
