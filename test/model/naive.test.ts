import './fakes.ts';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { NAIVE, type NaiveRule, switchOff } from './naive.ts';
import type { ProfileName } from './profiles.ts';
import { histories, report } from './run.ts';

vi.mock(import('../../connectors/runtime/catalog.ts'), async (real) =>
  (await import('./naive-modules.ts')).naiveCatalog(await real()),
);
vi.mock(import('../../connectors/runtime/source/epochs.ts'), async (real) =>
  (await import('./naive-modules.ts')).naiveEpochs(await real()),
);
vi.mock(import('../../connectors/runtime/source/gone-keys.ts'), async (real) =>
  (await import('./naive-modules.ts')).naiveGoneKeys(await real()),
);
vi.mock(import('../../migration/replay/replay-lane.ts'), async (real) =>
  (await import('./naive-modules.ts')).naiveReplayLane(await real()),
);
vi.mock(import('../../connectors/runtime/sink/gate.ts'), async (real) =>
  (await import('./naive-modules.ts')).naiveGate(await real()),
);
vi.mock(import('../../connectors/runtime/sink/incoming.ts'), async (real) =>
  (await import('./naive-modules.ts')).naiveIncoming(await real()),
);
vi.mock(import('../../connectors/runtime/sink/lane-state.ts'), async (real) =>
  (await import('./naive-modules.ts')).naiveLaneState(await real()),
);
vi.mock(import('../../connectors/runtime/source/lineage.ts'), async (real) =>
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
  'C1.mending': 'chains',
  'C2.plus1': 'usual',
  'C2.child': 'shards',
  'C2.below': 'usual',
  'C2.epoch': 'epochs',
  'C2.rank': 'chains',
  'C3.transaction': 'shards',
  'C3.fencing': 'shards',
  'C3.generation': 'tasks',
  'C3.epoch': 'broken',
  'C3.after': 'shards',
  'C5.parent': 'shards',
  'C5.horizon': 'shards',
  'C5.silence': 'night',
  'C6.version': 'usual',
  'C7.gate': 'usual',
  'C7.begin': 'broken',
  'C7.window': 'chains',
  'C7.replay': 'losses',
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
  'C9.filter': 'usual',
  'C9.replay': 'replays',
  'C11.sweep': 'losses',
  'C11.order': 'epochs',
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
    // Of the rule's absence, not of the model.
    expect(found.wrong[0]).not.toMatch(/TypeError|ReferenceError/);
  });
});
