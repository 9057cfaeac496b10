import { describe, expect, test, vi } from 'vitest';
import { PROFILES, type ProfileName } from './profiles.ts';
import { histories, report } from './run.ts';

vi.mock('../../connectors/kafka/producer.ts', () => import('./kafka-fakes.ts'));
vi.mock('../../connectors/kafka/plain-producer.ts', () => import('./kafka-fakes.ts'));
vi.mock('../../connectors/kafka/membership.ts', () => import('./kafka-fakes.ts'));
vi.mock('../../connectors/kafka/offsets.ts', () => import('./kafka-fakes.ts'));
vi.mock('../../connectors/kafka/committed.ts', () => import('./kafka-fakes.ts'));
vi.mock('../../connectors/kafka/reader.ts', () => import('./fake-reader.ts'));

const runs = Number(process.env['MODEL_RUNS'] ?? 100);

describe('the rules of convergence', () => {
  test.each(Object.keys(PROFILES) as ProfileName[])(
    '%s: the target becomes the source',
    { timeout: 600_000 },
    async (profile) => {
      const found = await histories(profile, runs);
      console.log(report(found));
      expect(found.wrong).toEqual([]);
    },
  );
});
