import { afterEach, describe, expect, test, vi } from 'vitest';
import { NAIVE, type NaiveRule, switchOff } from './naive.ts';
import type { ProfileName } from './profiles.ts';
import { histories, report } from './run.ts';

vi.mock('../../connectors/kafka/producer.ts', () => import('./kafka-fakes.ts'));
vi.mock('../../connectors/kafka/plain-producer.ts', () => import('./kafka-fakes.ts'));
vi.mock('../../connectors/kafka/membership.ts', () => import('./kafka-fakes.ts'));
vi.mock('../../connectors/kafka/offsets.ts', () => import('./kafka-fakes.ts'));
vi.mock('../../connectors/kafka/committed.ts', () => import('./kafka-fakes.ts'));
vi.mock('../../connectors/kafka/reader.ts', () => import('./fake-reader.ts'));

vi.mock(import('../../connectors/runtime/catalog.ts'), async (real) =>
  (await import('./naive-modules.ts')).naiveCatalog(await real()),
);
vi.mock(import('../../connectors/runtime/gate.ts'), async (real) =>
  (await import('./naive-modules.ts')).naiveGate(await real()),
);
vi.mock(import('../../connectors/runtime/incoming.ts'), async (real) =>
  (await import('./naive-modules.ts')).naiveIncoming(await real()),
);
vi.mock(import('../../connectors/runtime/lane-state.ts'), async (real) =>
  (await import('./naive-modules.ts')).naiveLaneState(await real()),
);
vi.mock(import('../../connectors/runtime/lineage.ts'), async (real) =>
  (await import('./naive-modules.ts')).naiveLineage(await real()),
);
vi.mock(import('../../connectors/runtime/outcomes.ts'), async (real) =>
  (await import('./naive-modules.ts')).naiveOutcomes(await real()),
);
vi.mock(import('../../source/streams/horizon.ts'), async (real) =>
  (await import('./naive-modules.ts')).naiveHorizon(await real()),
);
vi.mock(import('../../source/streams/version.ts'), async (real) =>
  (await import('./naive-modules.ts')).naiveVersion(await real()),
);

/** Where the absence of a rule shows soonest. */
const HUNTED_IN: Record<NaiveRule, ProfileName> = {
  'C1.slack': 'usual',
  'C2.plus1': 'usual',
  'C2.child': 'shards',
  'C2.below': 'usual',
  'C3.transaction': 'shards',
  'C3.fencing': 'shards',
  'C3.generation': 'tasks',
  'C3.after': 'shards',
  'C5.parent': 'shards',
  'C5.horizon': 'shards',
  'C5.silence': 'night',
  'C6.version': 'usual',
  'C7.gate': 'usual',
  'C7.offset': 'usual',
  'C7.flight': 'target',
  'C7.unknown': 'target',
  'C7.takeover': 'owners',
  'C7.running': 'owners',
  'C7.sticky': 'target',
  'C7.skew': 'nodes',
  'C7.spacing': 'balanced',
  'C7.lease': 'target',
  'C8.prefix': 'target',
  'C9.superseded': 'usual',
};

/** With every rule the histories converge; without it one of so many must not. */
const RUNS_MAX = Number(process.env['MODEL_HUNT'] ?? 600);

afterEach(() => switchOff(null));

describe('without a rule some history goes wrong', () => {
  test.each(Object.keys(NAIVE) as NaiveRule[])('%s', { timeout: 600_000 }, async (rule) => {
    switchOff(rule);
    const found = await histories(HUNTED_IN[rule], RUNS_MAX, 1, true);
    console.log(`${rule}: ${NAIVE[rule]}\n  ${report(found)}\n  ${found.wrong[0]?.slice(0, 200)}`);
    expect(found.wrong).toHaveLength(1);
  });
});
