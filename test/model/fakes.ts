import { vi } from 'vitest';

/*
 * To be imported before anything else: what stands in for the Kafka room, and for what would only cost time.
 */

vi.mock('../../connectors/kafka/producer.ts', () => import('./kafka-fakes.ts'));
vi.mock('../../connectors/kafka/plain-producer.ts', () => import('./kafka-fakes.ts'));
vi.mock('../../connectors/kafka/membership.ts', () => import('./kafka-fakes.ts'));
vi.mock('../../connectors/kafka/offsets.ts', () => import('./kafka-fakes.ts'));
vi.mock('../../connectors/kafka/committed.ts', () => import('./kafka-fakes.ts'));
vi.mock('../../connectors/kafka/reader.ts', () => import('./fake-reader.ts'));
vi.mock('../../connectors/buckets/spill-file.ts', () => import('./memory-file.ts'));
vi.mock(import('../../connectors/kafka/group.ts'), async (real) =>
  (await import('./sparing-modules.ts')).sparingGroup(await real()),
);
vi.mock(import('../../connectors/runtime/reporter.ts'), async (real) =>
  (await import('./sparing-modules.ts')).sparingReporter(await real()),
);
vi.mock(import('../../connectors/runtime/wake.ts'), async (real) =>
  (await import('./sparing-modules.ts')).sparingWake(await real()),
);
