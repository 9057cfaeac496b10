import { LightController, LightSignal } from './light-abort.ts';
import { Random } from './random.ts';

/** A process of the simulated world: it can be killed (never wakes again) and paused (wakes later, a zombie). */
export class Process {
  readonly name: string;
  /** What its wall clock shows beside the true time, ms: no rule may rest on it. */
  readonly wallOffsetMs: number;
  alive = true;
  pausedUntilMs = 0;

  constructor(name: string, wallOffsetMs: number) {
    this.name = name;
    this.wallOffsetMs = wallOffsetMs;
  }
}

export interface Timer {
  atMs: number;
  order: number;
  readonly process: Process | null;
  readonly run: () => void;
  cancelled: boolean;
}

const BEGIN_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const realSetImmediate = setImmediate;
const real = {
  setTimeout: globalThis.setTimeout,
  setImmediate: globalThis.setImmediate,
  clearTimeout: globalThis.clearTimeout,
  dateNow: Date.now,
  performanceNow: performance.now,
  random: Math.random,
  AbortController: globalThis.AbortController,
  AbortSignal: globalThis.AbortSignal,
  stackTraceLimit: Error.stackTraceLimit,
};
/** Turns of the real event loop that are asked for at once: what stands between two of them is settled all the same. */
const TURNS = 64;

/** MODEL_TRACE=1 tells what happens, as it happens. */
export const isTraced = process.env['MODEL_TRACE'] === '1';

/**
 * The event loop of the simulated world: it jumps from one timer to the next and lets all promises settle in between.
 *
 * While it is installed the globals that production code takes time and chance from are its own. What runs, runs for
 * the process whose timer woke it, until all its promises wait again: so a timer that is set belongs to that process, a
 * killed process hears nothing any more, and a paused one hears everything later.
 */
export class VirtualTime {
  readonly random: Random;
  nowMs = BEGIN_MS;
  /** The process that is running now; null: the world itself. */
  current: Process | null = null;
  events = 0;
  readonly #heap: Timer[] = [];
  #order = 0;
  readonly #seed: number;
  #drawn = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.#seed = seed;
  }

  at(delayMs: number, process: Process | null, run: () => void): Timer {
    const timer = {
      atMs: this.nowMs + Math.max(0, delayMs),
      order: this.#order++,
      process,
      run,
      cancelled: false,
    };
    this.#push(timer);
    return timer;
  }

  /** Runs all that happens up to then. */
  async runTo(untilMs: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      let asked = 0;
      let hasEnded = false;
      // Node settles all promises between two callbacks of setImmediate, also within one turn of its loop.
      const turn = () => {
        asked--;
        if (hasEnded) return;
        this.current = null;
        try {
          const next = this.#next(untilMs);
          if (next === null) {
            hasEnded = true;
            resolve();
            return;
          }
          this.events++;
          this.#drawn = 0;
          this.current = next.process;
          next.run();
        } catch (error) {
          hasEnded = true;
          reject(error);
          return;
        }
        if (asked === 0) ask();
      };
      const ask = () => {
        for (; asked < TURNS; asked++) realSetImmediate(turn);
      };
      ask();
    });
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** Nothing that still waits will ever happen. */
  end(): void {
    this.#heap.length = 0;
  }

  /** Takes the next timer that is due and whose process hears it; null: there is none up to then. */
  #next(untilMs: number): Timer | null {
    for (let next = this.#heap[0]; next && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#pop();
      if (next.cancelled) continue;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      const { process } = next;
      if (process && !process.alive) continue;
      if (process && process.pausedUntilMs > this.nowMs) {
        next.atMs = process.pausedUntilMs;
        next.order = this.#order++;
        this.#push(next);
        continue;
      }
      return next;
    }
    return null;
  }

  /** A request to a service: it arrives, is dealt with, and its answer comes back, unless the asking process is gone. */
  request<T>(process: Process, serve: () => T | Promise<T>, latencyMsMax = 8): Promise<T> {
    return new Promise((resolve, reject) => {
      const answer = (give: () => void) => this.at(this.random.between(0, latencyMsMax), process, give);
      this.at(this.random.between(0, latencyMsMax), null, () => {
        try {
          const served = serve();
          if (served instanceof Promise) {
            served.then(
              (value) => answer(() => resolve(value)),
              (error) => answer(() => reject(error)),
            );
          } else answer(() => resolve(served));
        } catch (error) {
          answer(() => reject(error));
        }
      });
    });
  }

  /** A request of which it does not matter when it arrives: dealt with when it is answered, for one event less. */
  ask<T>(process: Process, serve: () => T, latencyMsMax = 12): Promise<T> {
    return new Promise((resolve, reject) => {
      this.at(this.random.between(0, latencyMsMax), process, () => {
        try {
          resolve(serve());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Takes over the globals; what it gives back restores them. */
  install(): Disposable {
    const set = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
      this.at(ms, this.current, () => run(...args));
    const clear = (timer: Timer | undefined) => {
      if (timer) timer.cancelled = true;
    };
    globalThis.setTimeout = set as unknown as typeof setTimeout;
    globalThis.clearTimeout = clear as unknown as typeof clearTimeout;
    globalThis.setImmediate = ((run: (...args: unknown[]) => void, ...args: unknown[]) =>
      set(run, 0, ...args)) as unknown as typeof setImmediate;
    Date.now = () => Math.floor(this.nowMs + (this.current?.wallOffsetMs ?? 0));
    performance.now = () => this.nowMs - BEGIN_MS;
    Math.random = () => this.#chance();
    if (!isTraced) Error.stackTraceLimit = 0;
    globalThis.AbortController = LightController as unknown as typeof AbortController;
    globalThis.AbortSignal = LightSignal as unknown as typeof AbortSignal;
    return {
      [Symbol.dispose]: () => {
        globalThis.setTimeout = real.setTimeout;
        globalThis.setImmediate = real.setImmediate;
        globalThis.clearTimeout = real.clearTimeout;
        Date.now = real.dateNow;
        performance.now = real.performanceNow;
        Math.random = real.random;
        globalThis.AbortController = real.AbortController;
        Error.stackTraceLimit = real.stackTraceLimit;
        globalThis.AbortSignal = real.AbortSignal;
      },
    };
  }

  /** Drawn anew for each event: the test runner draws too, whenever it likes, and must not change what comes after. */
  #chance(): number {
    return new Random(this.#seed * 31 + this.events * 7919 + this.#drawn++).next();
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!earlier(timer, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && earlier(heap[child + 1]!, heap[child]!)) child++;
      if (!earlier(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function earlier(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
