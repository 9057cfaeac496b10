import { History } from './history.ts';
import { PROFILES, type ProfileName } from './profiles.ts';

export interface Found {
  readonly profile: ProfileName;
  readonly firstSeed: number;
  ran: number;
  readonly equal: number;
  readonly gaps: number;
  readonly events: number;
  readonly ms: number;
  readonly wrong: readonly string[];
}

/** MODEL_SEED repeats what a failure has named. */
const SEED = Number(process.env['MODEL_SEED'] ?? Date.now() % 1_000_000_000);
const realNow = performance.now.bind(performance);

/** Runs histories of a profile, until some went wrong. */
export async function histories(profile: ProfileName, runs: number, wrongMax = 3): Promise<Found> {
  const beganMs = realNow();
  const wrong: string[] = [];
  let [equal, gaps, events, ran] = [0, 0, 0, 0];
  for (; ran < runs && wrong.length < wrongMax; ran++) {
    const seed = SEED + ran;
    const history = new History(PROFILES[profile], seed);
    const { outcome, faults } = await history.run();
    events += history.time.events;
    if (outcome === 'equal') equal++;
    else if (outcome === 'gap') gaps++;
    else wrong.push(`MODEL_SEED=${seed} ${profile}: ${faults.slice(0, 3).join('; ')}`);
  }
  return { profile, firstSeed: SEED, ran, equal, gaps, events, ms: realNow() - beganMs, wrong };
}

export function report({ profile, firstSeed, ran, equal, gaps, events, ms, wrong }: Found): string {
  const each = `${Math.round(events / ran)} events, ${(ms / ran).toFixed(1)} ms each`;
  return `${profile}: MODEL_SEED=${firstSeed}, ${ran} histories, ${equal} equal, ${gaps} gaps, ${wrong.length} wrong; ${each}`;
}
