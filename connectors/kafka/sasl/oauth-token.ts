import { type Clock, systemClock } from '../../clock.ts';
import type { GrantedToken } from './token-endpoint.ts';

/**
 * A token is renewed after this part of its life. A connection comes back after 0.8 of its session (`Link`), and no
 * session outlasts its token (KIP-368): so each that comes back finds a new one.
 */
const RENEW_PART = 0.75;
/** A token that ends sooner is not shown any more: the broker's clock may be ahead of ours. */
const LAST_MS = 2000;

interface Held {
  readonly value: string;
  readonly renewAtMs: number;
  readonly endsAtMs: number;
}

/** Of so many tokens it is remembered that brokers took them. */
const REMEMBERED = 16;

/**
 * The current token of a client, kept until it has to be renewed; callers at the same time share one request.
 *
 * While renewing fails, the old one is given as long as it holds: the next caller asks again. A token whose lifetime is
 * not known is given to those who waited for it, and not kept.
 */
export class OAuthToken {
  readonly #request: () => Promise<GrantedToken>;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #held: Held | null = null;
  #asking: Promise<string> | null = null;
  /** Tokens that a broker took, the last ones; `revoked` since one did not take them any more. */
  readonly #known = new Map<string, 'taken' | 'revoked'>();

  /** @param request asks the server; throws KafkaErrors */
  constructor(request: () => Promise<GrantedToken>, clock: Pick<Clock, 'monotonic'> = systemClock) {
    this.#request = request;
    this.#clock = clock;
  }

  /** A token that holds. Throws what asking for one threw. */
  current(): Promise<string> {
    const held = this.#held;
    if (held !== null && this.#clock.monotonic() < held.renewAtMs) return Promise.resolve(held.value);
    return (this.#asking ??= this.#renewed().finally(() => {
      this.#asking = null;
    }));
  }

  /** Says that a broker took the token. */
  taken(value: string): void {
    // Anew at the end: the one that is in use is the last to be forgotten.
    this.#known.delete(value);
    this.#known.set(value, 'taken');
    const [oldest] = this.#known.keys();
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
  }

  /**
   * Says that a broker did not take the token: the next caller gets another one, unless it has been replaced.
   *
   * @returns whether another one may be taken: this one was before, so it has been revoked, or the keys have changed. What no
   * broker ever took is wrong, and so is what the server gives again after it was revoked
   */
  refused(value: string): boolean {
    if (this.#held?.value === value) this.#held = null;
    if (!this.#known.has(value)) return false;
    this.#known.set(value, 'revoked');
    return true;
  }

  async #renewed(): Promise<string> {
    // Before the request: the server counts from somewhere in between.
    const askedAtMs = this.#clock.monotonic();
    try {
      const { token, lifetimeMs } = await this.#request();
      if (this.#known.get(token) === 'revoked') this.#known.delete(token);
      this.#held =
        lifetimeMs === null
          ? null
          : {
              value: token,
              renewAtMs: askedAtMs + lifetimeMs * RENEW_PART,
              endsAtMs: askedAtMs + lifetimeMs,
            };
      return token;
    } catch (error) {
      const held = this.#held;
      if (held === null || this.#clock.monotonic() + LAST_MS >= held.endsAtMs) throw error;
      return held.value;
    }
  }
}
