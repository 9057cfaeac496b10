import type { ChangesFrom, Position } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { type Horizon, inherit } from './horizon.ts';
import { versionBefore } from './version.ts';

/** Where a shard is read up to, and all that reading on needs (rules C2 and C5). */
export interface ShardState {
  /** Sequence number of the last record read; null: none yet. */
  readonly sequence: string | null;
  /** Creation time of that record, ms. */
  readonly recordMs: number | null;
  /** V of the lineage's last record: what the next one must exceed. */
  readonly version: number;
  readonly horizon: Horizon;
  /** Ids of the parents, one blank between: tells who goes on where a drained shard ended. */
  readonly after: string;
}

export function toPosition(state: ShardState): Position {
  return {
    sequence: state.sequence,
    recordMs: state.recordMs,
    version: state.version,
    readMs: state.horizon.readMs,
    published: state.horizon.published,
    coverageMs: state.horizon.coverageMs,
    after: state.after,
  };
}

/** Throws KAFKA_TOPIC_CORRUPT for what {@link toPosition} never wrote. */
export function fromPosition(position: Position): ShardState {
  const { sequence, recordMs, version, readMs, published, coverageMs, after } = position;
  if (
    !isTextOrNull(sequence) ||
    !isNumberOrNull(recordMs) ||
    typeof version !== 'number' ||
    !isNumberOrNull(readMs) ||
    typeof published !== 'boolean' ||
    typeof coverageMs !== 'number' ||
    typeof after !== 'string'
  ) {
    throw new ConnectError('KAFKA_TOPIC_CORRUPT', 'The stored position of a shard cannot be read');
  }
  return { sequence, recordMs, version, horizon: { readMs, published, coverageMs }, after };
}

/**
 * Where reading begins: at the stored position, or as the first reader of the shard, behind its parents.
 *
 * @param after ids of the parents
 */
export function startState(
  from: Pick<ChangesFrom, 'position' | 'parents' | 'epoch'>,
  after: readonly string[],
): ShardState {
  if (from.position !== null) return fromPosition(from.position);
  const parents = from.parents.map(fromPosition);
  return {
    sequence: null,
    recordMs: null,
    version: versionBefore(
      from.epoch.version0,
      parents.map((parent) => parent.version),
    ),
    horizon: inherit(parents.map((parent) => parent.horizon)),
    after: after.join(' '),
  };
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function isNumberOrNull(value: unknown): value is number | null {
  return value === null || typeof value === 'number';
}
