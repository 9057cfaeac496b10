import { expect, test } from 'vitest';
import type { ProfileName } from './profiles.ts';
import { histories, report } from './run.ts';

/** Of each profile; all together five thousand, others in every run. */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 335);

/** A test per profile: all its histories end with a target that is the source. */
export function converges(profiles: readonly ProfileName[]): void {
  test.each(profiles)('%s: the target becomes the source', { timeout: 1_800_000 }, async (profile) => {
    const found = await histories(profile, RUNS);
    console.log(report(found));
    expect(found.wrong).toEqual([]);
  });
}
