import { type Clock, systemClock } from '../clock.ts';
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
  /** Whether some broker took it. */
  taken: boolean;
}

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
    if (this.#held?.value === value) this.#held.taken = true;
  }

  /**
   * Says that a broker did not take the token: the next caller gets another one, unless it has been replaced.
   *
   * @returns whether another one may be taken: this one was before, so it has been revoked, or the keys have changed
   */
  refused(value: string): boolean {
    const held = this.#held;
    if (held?.value !== value) return true;
    this.#held = null;
    return held.taken;
  }

  async #renewed(): Promise<string> {
    // Before the request: the server counts from somewhere in between.
    const askedAtMs = this.#clock.monotonic();
    try {
      const { token, lifetimeMs } = await this.#request();
      this.#held =
        lifetimeMs === null
          ? null
          : {
              value: token,
              renewAtMs: askedAtMs + lifetimeMs * RENEW_PART,
              endsAtMs: askedAtMs + lifetimeMs,
              taken: false,
            };
      return token;
    } catch (error) {
      const held = this.#held;
      if (held === null || this.#clock.monotonic() + LAST_MS >= held.endsAtMs) throw error;
      return held.value;
    }
  }
}
