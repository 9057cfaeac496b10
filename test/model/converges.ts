import { expect, test } from 'vitest';
import type { ProfileName } from './profiles.ts';
import { histories, report } from './run.ts';

/** Of each profile; all together ten thousand. */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 670);

/** A test per profile: all its histories end with a target that is the source. */
export function converges(profiles: readonly ProfileName[]): void {
  test.each(profiles)('%s: the target becomes the source', { timeout: 1_800_000 }, async (profile) => {
    const found = await histories(profile, RUNS);
    console.log(report(found));
    expect(found.wrong).toEqual([]);
  });
}
