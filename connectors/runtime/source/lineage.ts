import type { Position, SourcePartition } from '../../connector.ts';
import type { StoredPosition } from '../offset-store.ts';

/** The partitions that one is read behind, as its position names them. */
export function parentsIn({ after }: Position): readonly string[] {
  return typeof after === 'string' && after !== '' ? after.split(' ') : [];
}

/** `wait`: a parent is not drained and committed yet. `lost`: a parent vanished that nobody ever read. */
export type Readiness = 'ready' | 'wait' | 'lost' | 'done';

/**
 * May this partition be read now? (rule C5: after its parents are drained and committed, whoever reads them.)
 *
 * @param stored what is committed of a partition, by id.
 * @param listed ids that the source lists now.
 * @param roots where lineages began in this epoch: their parents are not asked for.
 */
export function readiness(
  partition: SourcePartition,
  stored: ReadonlyMap<string, StoredPosition>,
  listed: ReadonlySet<string>,
  roots: ReadonlySet<string>,
): Readiness {
  const own = stored.get(partition.id);
  if (own?.done) return 'done';
  if (own || roots.has(partition.id)) return 'ready';
  for (const parent of partition.after) {
    const position = stored.get(parent);
    if (position?.done) continue;
    if (position || listed.has(parent)) return 'wait';
    return 'lost';
  }
  return 'ready';
}
