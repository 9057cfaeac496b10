import { readFileSync } from 'node:fs';

/** What one run of one variant cost. */
export interface Measured {
  readonly items: number;
  /** JSON bytes of the items, as an export holds them. */
  readonly bytes: number;
  /** From the first item to the last. */
  readonly wallMs: number;
  /** User and system, all threads of the measured process. */
  readonly cpuUs: number;
  readonly peakRssBytes: number;
  readonly latency: Latency | null;
}

export interface Latency {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Measures this process, from {@link begin} to {@link end}. */
export class Meter {
  readonly #latencies: number[] = [];
  #cpu = process.cpuUsage();
  #firstMs: number | null = null;

  /** The measured work begins; connections are open. */
  begin(): void {
    this.#cpu = process.cpuUsage();
  }

  /** The first item is in hand. Only the first call counts. */
  first(): void {
    this.#firstMs ??= performance.now();
  }

  /** Milliseconds since the first item. */
  get wallMs(): number {
    return this.#firstMs === null ? 0 : performance.now() - this.#firstMs;
  }

  /** A request took so long. */
  took(ms: number): void {
    this.#latencies.push(ms);
  }

  end(items: number, bytes: number): Measured {
    const { user, system } = process.cpuUsage(this.#cpu);
    return {
      items,
      bytes,
      wallMs: this.wallMs,
      cpuUs: user + system,
      peakRssBytes: peakRssBytes(),
      latency: this.#latency(),
    };
  }

  #latency(): Latency | null {
    const sorted = this.#latencies.sort((a, b) => a - b);
    if (sorted.length === 0) return null;
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
    return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99) };
  }
}

/**
 * The most memory this process ever had resident: VmHWM of Linux (man 5 proc). getrusage's maxrss, elsewhere, also knows
 * the parent's before exec.
 */
export function peakRssBytes(): number {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    if (kib !== undefined) return Number(kib) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
