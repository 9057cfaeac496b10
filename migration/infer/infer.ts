import type { TableFacts } from '../../connectors/catalog-records.ts';
import { systemClock } from '../../connectors/clock.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { Logger } from '../../connectors/log.ts';
import { scanClient } from '../../source/scan/scan-client.ts';
import type { Migration } from '../config/defaults.ts';
import { connectKafka } from '../kafka-client.ts';
import { accessOf } from '../source-access.ts';
import { openTopics } from '../topics-view.ts';
import { transformProblems, transformsOf } from '../transforms.ts';
import { mappingText } from './mapping-text.ts';
import { type Proposal, proposalOf } from './proposal.ts';
import { SampleTally } from './sample-tally.ts';
import { sampleScan } from './scan-sample.ts';
import { sampleTopics } from './topic-sample.ts';

export interface InferOptions {
  readonly table: string;
  /** Most items that are looked at. */
  readonly itemsMax: number;
  /** The migration with what is needed to reach the source; asked for only where the topics hold nothing. */
  withSource(): Promise<Migration>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** A proposed mapping, with what it was made from. */
export interface Inference extends Proposal {
  readonly from: 'topics' | 'source';
  readonly sample: SampleTally;
  /** The mapping as a document of a mapping file. */
  readonly text: string;
}

interface Sampled {
  readonly facts: TableFacts;
  readonly from: 'topics' | 'source';
  readonly sample: SampleTally;
}

/**
 * Proposes a CQL mapping for a table from the newest records of its topics, or from a scan where these hold no item yet.
 *
 * @throws TRANSFORM_KEY where the file's transforms change a key attribute; what reaching Kafka and the source throws.
 */
export async function inferMapping(migration: Migration, options: InferOptions): Promise<Inference> {
  const sampled = (await fromTopics(migration, options)) ?? (await fromSource(options));
  const proposal = proposalOf(sampled.facts, sampled.sample);
  const text = mappingText(proposal, { ...sampled, readAt: new Date() });
  return { ...proposal, from: sampled.from, sample: sampled.sample, text };
}

/** Null: the migration has not begun, or no item of the table is in its topics. */
async function fromTopics(
  migration: Migration,
  { table, itemsMax, log, signal }: InferOptions,
): Promise<Sampled | null> {
  await using kafka = await connectKafka(migration, log);
  try {
    await using view = await openTopics(migration, kafka);
    const facts = view.catalog.table(table)?.facts;
    if (facts === undefined) return null;
    const sample = emptySample(migration, facts);
    const { names } = view;
    await sampleTopics(kafka, [names.snapshot(table), names.changes(table)], itemsMax, sample, signal);
    return isEmpty(sample) ? null : { facts, from: 'topics', sample };
  } catch (error) {
    if (error instanceof ConnectError && error.code === 'NOT_MIGRATED') return null;
    throw error;
  }
}

/** Nothing is read for a table whose keys the transforms would change. */
function emptySample(migration: Migration, facts: TableFacts): SampleTally {
  const [problem] = transformProblems(migration, [facts]);
  if (problem !== undefined) throw problem.error;
  return new SampleTally(transformsOf(migration));
}

const isEmpty = ({ items, filtered, failed }: SampleTally) => items + filtered + failed === 0;

async function fromSource({ table, itemsMax, withSource, log, signal }: InferOptions): Promise<Sampled> {
  const migration = await withSource();
  const client = scanClient(accessOf(migration));
  const facts = await client.facts(table, signal);
  const { segments, readCapacity } = migration.source.snapshot;
  const sample = emptySample(migration, facts);
  const context = { clock: systemClock, log, signal };
  await sampleScan(client, { facts, itemsMax, segments, readCapacity }, sample, context);
  return { facts, from: 'source', sample };
}
