import type { Position } from '../connector.ts';
import { ConnectError } from '../errors.ts';
import type { KeyedLog } from '../kafka/keyed-log.ts';
import type { KeyedEntry } from './catalog.ts';

/** Names one source partition: of a snapshot, or of an epoch's stream. */
export interface PartitionName {
  readonly table: string;
  /** The snapshot's id, or `epoch-N`. */
  readonly of: string;
  readonly partition: string;
}

/** What was published from a partition; travels with its position, so that counts survive restarts (rule C9). */
export interface PublishedCounts {
  readonly c: number;
  readonly u: number;
  readonly d: number;
  /** Snapshot rows per topic partition. */
  readonly rows: readonly number[];
  /** Set aside at the source. */
  readonly deadLettered: number;
}

export interface StoredPosition {
  readonly position: Position;
  readonly done: boolean;
  /** Lowest time this partition lets coverage reach back to, ms; null: claims nothing. */
  readonly coverageMs: number | null;
  readonly counts: PublishedCounts;
  /** Highest V published from this partition; 0: nothing was (rule C2: the next epoch outranks it). */
  readonly version: number;
}

/** A key of Kafka Connect's offsets topic, `["connector",{partition}]`: of any connector. */
export interface OffsetKey {
  readonly connector: string;
  readonly partition: Readonly<Record<string, unknown>>;
}

/** Hears of a position that was stored; null: it was deleted. */
export type PositionListener = (name: PartitionName, stored: StoredPosition | null) => void;

export const NO_COUNTS: PublishedCounts = { c: 0, u: 0, d: 0, rows: [], deadLettered: 0 };

/**
 * Positions of source partitions, in Kafka Connect's offsets topic with its keys: `["connector",{partition}]`.
 *
 * Values are flat maps of primitives (as Connect requires); what the runtime adds to a connector's position has
 * names that begin with `messina.`.
 */
export class OffsetStore {
  readonly #log: KeyedLog;
  readonly #connector: string;
  readonly #begin: string;
  /** Kept up to date as the log changes: there may be tens of thousands, and loops ask at every change. */
  readonly #positions = new Map<string, Map<string, StoredPosition>>();

  readonly #listeners = new Set<PositionListener>();
  /** Keys whose values are no positions: from where they count nobody can tell. */
  readonly #corrupt = new Map<string, ConnectError>();

  constructor(log: KeyedLog, connector: string) {
    this.#log = log;
    this.#connector = connector;
    this.#begin = `[${JSON.stringify(connector)},`;
    for (const [key, value] of log.entries()) this.#apply(key, value);
    log.subscribe((key, value) => this.#apply(key, value));
  }

  /**
   * Everything committed before the call is visible after it, also behind a transaction that is open now (rule C3).
   *
   * Throws WORKER_RECORD for a position that cannot be read: without it its partition would be published from the start again.
   */
  async readPastOpen(): Promise<void> {
    await this.#log.readPastOpen();
    for (const error of this.#corrupt.values()) throw error;
  }

  /** Calls `listener` after each change of a position of this connector; returns how to stop. */
  subscribe(listener: PositionListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(name: PartitionName): StoredPosition | null {
    return this.of(name.table, name.of).get(name.partition) ?? null;
  }

  /** All partitions of a snapshot or an epoch that have a position; changes as positions do. */
  of(table: string, of: string): ReadonlyMap<string, StoredPosition> {
    const group = groupKey(table, of);
    let positions = this.#positions.get(group);
    if (!positions) {
      positions = new Map();
      this.#positions.set(group, positions);
    }
    return positions;
  }

  #apply(key: string, value: string | null): void {
    // Before it is parsed: there are as many stores as connectors, and each hears of all positions.
    if (!key.startsWith(this.#begin)) return;
    const name = offsetKey(key)?.partition as PartitionName | undefined;
    // Nobody asks for a position under such a key: what it says harms nobody.
    if (name === undefined) return;
    const positions = this.of(name.table, name.of) as Map<string, StoredPosition>;
    this.#corrupt.delete(key);
    const stored = value === null ? null : this.#read(key, value);
    if (stored === null) positions.delete(name.partition);
    else positions.set(name.partition, stored);
    for (const listener of this.#listeners) listener(name, stored);
  }

  /** Null: it cannot be read, which whoever reads positions is told. */
  #read(key: string, value: string): StoredPosition | null {
    try {
      return parseValue(value);
    } catch (cause) {
      const message = `The record ${key} of the offsets topic ${this.#log.topic} is no position`;
      this.#corrupt.set(key, new ConnectError('WORKER_RECORD', message, { cause, detail: { key } }));
      return null;
    }
  }

  entry(name: PartitionName, stored: StoredPosition): KeyedEntry {
    const { counts } = stored;
    const value = {
      ...stored.position,
      'messina.done': stored.done,
      'messina.coverageMs': stored.coverageMs,
      'messina.c': counts.c,
      'messina.u': counts.u,
      'messina.d': counts.d,
      'messina.rows': counts.rows.join(','),
      'messina.deadLettered': counts.deadLettered,
      'messina.version': stored.version,
    };
    return { key: this.#key(name), value: JSON.stringify(value) };
  }

  /** Deletes the position once it is written. */
  deletion(name: PartitionName): KeyedEntry {
    return { key: this.#key(name), value: null };
  }

  #key(name: PartitionName): string {
    return JSON.stringify([this.#connector, { table: name.table, of: name.of, partition: name.partition }]);
  }
}

/** What was published before a position is altered is in the topics all the same (rules C2 and C9). */
const PUBLISHED = ['c', 'u', 'd', 'rows', 'deadLettered', 'version'].map((name) => `messina.${name}`);

type StoredValue = Readonly<Record<string, unknown>>;

/** What is stored when somebody sends a partition elsewhere: its position is theirs, what was published stays counted. */
export function alteredValue(stored: StoredValue, sent: StoredValue): StoredValue {
  const kept = PUBLISHED.flatMap((name) => (Object.hasOwn(stored, name) ? [[name, stored[name]]] : []));
  return { ...sent, ...Object.fromEntries(kept) };
}

/** Reads a key of an offsets topic; null: it is none. */
export function offsetKey(key: string): OffsetKey | null {
  try {
    const parsed: unknown = JSON.parse(key);
    const [connector, partition] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
    return typeof connector === 'string' && isObject(partition) ? { connector, partition } : null;
  } catch {
    return null;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const groupKey = (table: string, of: string) => JSON.stringify([table, of]);

function parseValue(text: string): StoredPosition {
  const flat = JSON.parse(text) as Record<string, string | number | boolean | null>;
  if (!isObject(flat)) throw new TypeError('no JSON object');
  const position: Record<string, string | number | boolean | null> = {};
  for (const name of Object.keys(flat)) {
    if (!name.startsWith('messina.')) position[name] = flat[name] ?? null;
  }
  const rows = String(flat['messina.rows'] ?? '');
  return {
    position,
    done: flat['messina.done'] === true,
    coverageMs: flat['messina.coverageMs'] === null ? null : Number(flat['messina.coverageMs']),
    counts: {
      c: Number(flat['messina.c'] ?? 0),
      u: Number(flat['messina.u'] ?? 0),
      d: Number(flat['messina.d'] ?? 0),
      rows: rows === '' ? [] : rows.split(',').map(Number),
      deadLettered: Number(flat['messina.deadLettered'] ?? 0),
    },
    version: Number(flat['messina.version'] ?? 0),
  };
}

export function addCounts(a: PublishedCounts, b: PublishedCounts): PublishedCounts {
  const width = Math.max(a.rows.length, b.rows.length);
  return {
    c: a.c + b.c,
    u: a.u + b.u,
    d: a.d + b.d,
    rows: Array.from({ length: width }, (_, p) => (a.rows[p] ?? 0) + (b.rows[p] ?? 0)),
    deadLettered: a.deadLettered + b.deadLettered,
  };
}
