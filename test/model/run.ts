import { History } from './history.ts';
import { PROFILES, type ProfileName } from './profiles.ts';

export interface Found {
  readonly profile: ProfileName;
  readonly firstSeed: number;
  ran: number;
  readonly equal: number;
  readonly gaps: number;
  /** Gaps that a new snapshot has healed. */
  readonly healed: number;
  readonly events: number;
  readonly cpuMs: number;
  readonly wrong: readonly string[];
}

/** MODEL_SEED repeats what a failure has named. A hunt begins with the same seed each time: it has a known end. */
const SEED = Number(process.env['MODEL_SEED'] ?? Date.now() % 1_000_000_000);
const HUNT_SEED = Number(process.env['MODEL_SEED'] ?? 1);
const usedMs = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000;

/** Histories that end so say nothing of what the rules promise: they do not count against a naive one. */
const UNDECIDED = /^(stuck|halted|a worker failed)/;

/**
 * Runs histories of a profile, until some went wrong.
 *
 * @param isHunt only what a property says counts as wrong.
 */
export async function histories(
  profile: ProfileName,
  runs: number,
  wrongMax = 3,
  isHunt = false,
): Promise<Found> {
  const beganMs = usedMs();
  const firstSeed = isHunt ? HUNT_SEED : SEED;
  const wrong: string[] = [];
  let [equal, gaps, healed, events, ran] = [0, 0, 0, 0, 0];
  for (; ran < runs && wrong.length < wrongMax; ran++) {
    const seed = firstSeed + ran;
    const history = new History(PROFILES[profile], seed);
    const { outcome, faults } = await history.run();
    events += history.time.events;
    healed += history.healed;
    if (outcome === 'equal') equal++;
    else if (outcome === 'gap') gaps++;
    else if (!isHunt || !UNDECIDED.test(faults[0] ?? ''))
      wrong.push(`MODEL_SEED=${seed} ${profile}: ${faults.slice(0, 3).join('; ')}`);
  }
  return { profile, firstSeed, ran, equal, gaps, healed, events, cpuMs: usedMs() - beganMs, wrong };
}

export function report({
  profile,
  firstSeed,
  ran,
  equal,
  gaps,
  healed,
  events,
  cpuMs,
  wrong,
}: Found): string {
  const each = `${Math.round(events / ran)} events, ${(cpuMs / ran).toFixed(1)} ms of CPU each`;
  return `${profile}: MODEL_SEED=${firstSeed}, ${ran} histories, ${equal} equal, ${gaps} gaps, ${healed} healed, ${wrong.length} wrong; ${each}`;
}
