import type { Clock } from '../connectors/clock.ts';

/** What one answer says of a clock: how far it is ahead of ours, at least and at most. */
export interface ClockSample {
  readonly aheadMsMin: number;
  readonly aheadMsMax: number;
}

/** A `Date` has whole seconds, and ScyllaDB's server formats a new one once a second (Seastar: http_server). */
const DATE_RESOLUTION_MS = 2_000;
const SAMPLE_INTERVAL_MS = 100;
/** A second changes under our eyes at least once: the bounds become as narrow as they get. */
const LOOK_MS = 2_100;

/** @param sentMs and @param receivedMs by one steady clock of ours */
export function clockSample(dateMs: number, sentMs: number, receivedMs: number): ClockSample {
  return { aheadMsMin: dateMs - receivedMs, aheadMsMax: dateMs + DATE_RESOLUTION_MS - sentMs };
}

/** By how much some two of the clocks surely differ, ms; 0 where the samples allow that none do. */
export function surelyApartMs(samples: readonly ClockSample[]): number {
  if (samples.length === 0) return 0;
  const ahead = Math.max(...samples.map((sample) => sample.aheadMsMin));
  const behind = Math.min(...samples.map((sample) => sample.aheadMsMax));
  return Math.max(0, ahead - behind);
}

/**
 * By how much the clocks of nodes surely differ (rule C7: target.clockSkewMs must be above it); null when none tells.
 *
 * @param dateOf asks a node; the `Date` of its answer, ms. Nodes that fail are left out.
 */
export async function measureSkewMs(
  nodes: readonly string[],
  dateOf: (node: string) => Promise<number>,
  clock: Clock,
  signal: AbortSignal,
): Promise<number | null> {
  const samples: ClockSample[] = [];
  const begunMs = clock.monotonic();
  const ask = async (node: string) => {
    const sentMs = clock.monotonic();
    const dateMs = await dateOf(node).catch(() => null);
    if (dateMs !== null) samples.push(clockSample(dateMs, sentMs, clock.monotonic()));
  };
  for (;;) {
    await Promise.all(nodes.map(ask));
    signal.throwIfAborted();
    if (samples.length === 0) return null;
    if (clock.monotonic() - begunMs >= LOOK_MS) return Math.round(surelyApartMs(samples));
    await clock.sleep(SAMPLE_INTERVAL_MS, signal);
  }
}
