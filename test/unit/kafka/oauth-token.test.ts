import { describe, expect, test } from 'vitest';
import { KafkaError } from '../../../connectors/kafka/errors.ts';
import { OAuthToken } from '../../../connectors/kafka/sasl/oauth-token.ts';
import type { GrantedToken } from '../../../connectors/kafka/sasl/token-endpoint.ts';

const unreachable = new KafkaError('TOKEN_ENDPOINT_UNREACHABLE', 'away');

/** A server whose tokens are numbered, on a clock that stands still. */
function world(lifetimeMs: number | null) {
  const state = { nowMs: 1000, asked: 0, away: false };
  const request = async (): Promise<GrantedToken> => {
    state.asked++;
    if (state.away) throw unreachable;
    return { token: `token-${state.asked}`, lifetimeMs };
  };
  return { state, token: new OAuthToken(request, { monotonic: () => state.nowMs }) };
}

describe('a token', () => {
  test('is kept until three quarters of its life have passed', async () => {
    const { state, token } = world(100_000);
    expect(await token.current()).toBe('token-1');
    state.nowMs += 74_999;
    expect(await token.current()).toBe('token-1');
    state.nowMs += 1;
    expect(await token.current()).toBe('token-2');
    expect(await token.current()).toBe('token-2');
  });

  test('is asked for once by all who want it at the same time', async () => {
    const { state, token } = world(100_000);
    expect(await Promise.all([token.current(), token.current()])).toEqual(['token-1', 'token-1']);
    expect(state.asked).toBe(1);
  });

  test('is given on while no other can be had, until it is about to end', async () => {
    const { state, token } = world(100_000);
    await token.current();
    state.away = true;
    state.nowMs += 97_000;
    expect(await token.current()).toBe('token-1');
    state.nowMs += 1000;
    await expect(token.current()).rejects.toBe(unreachable);
    state.away = false;
    expect(await token.current()).toBe('token-4');
  });

  test('is not kept when nobody says how long it holds', async () => {
    const { token } = world(null);
    expect(await token.current()).toBe('token-1');
    expect(await token.current()).toBe('token-2');
  });

  test('is not given again after a broker refused it; a later one is not dropped for it', async () => {
    const { token } = world(100_000);
    token.refused(await token.current());
    expect(await token.current()).toBe('token-2');
    token.refused('token-1');
    expect(await token.current()).toBe('token-2');
  });

  test('that was taken before may be replaced when it is refused; one that never was may not', async () => {
    const { token } = world(100_000);
    token.taken(await token.current());
    expect(token.refused('token-1')).toBe(true);
    await token.current();
    // A second connection that came with the same token.
    expect(token.refused('token-1')).toBe(true);
    expect(token.refused('token-2')).toBe(false);
  });

  test('that no broker ever took is wrong, whether the server says how long it holds or not', async () => {
    for (const lifetimeMs of [null, 100_000]) {
      const { token } = world(lifetimeMs);
      for (let login = 0; login < 3; login++) expect(token.refused(await token.current())).toBe(false);
    }
  });

  test('is wrong for all who came with it at the same time', async () => {
    const { token } = world(100_000);
    const shown = await Promise.all([token.current(), token.current(), token.current()]);
    expect(shown.map((value) => token.refused(value))).toEqual([false, false, false]);
  });

  test('without a known life that was taken may be replaced, until the server gives the same again', async () => {
    const request = async (): Promise<GrantedToken> => ({ token: 'the-only', lifetimeMs: null });
    const token = new OAuthToken(request, { monotonic: () => 0 });
    token.taken(await token.current());
    await token.current();
    expect(token.refused('the-only')).toBe(true);
    await token.current();
    expect(token.refused('the-only')).toBe(false);
  });

  test('that is in use is remembered, however many others were taken', async () => {
    const { token } = world(100_000);
    for (let other = 0; other < 100; other++) {
      token.taken(`other-${other}`);
      token.taken('token-1');
    }
    expect(token.refused('token-1')).toBe(true);
    expect(token.refused('other-0')).toBe(false);
  });

  test('that could not be had is asked for anew by the next', async () => {
    const { state, token } = world(100_000);
    state.away = true;
    await expect(token.current()).rejects.toBe(unreachable);
    state.away = false;
    expect(await token.current()).toBe('token-2');
  });
});
