import type { Entry } from '../../../connectors/buckets/entry.ts';
import type { Clock } from '../../../connectors/clock.ts';
import type { Candidate, Side, Sighting } from '../../../migration/verify/sides.ts';
import { sightingOf } from '../../../migration/verify/target-side.ts';
import { newestOf } from '../../../migration/verify/topic-side.ts';
import { TopicMovement } from '../../../migration/verify/traces.ts';
import { itemDigest } from '../../../schemas/digest.ts';
import { Item } from '../../../schemas/item.ts';
import { decodeKey, encodeKey } from '../../../schemas/key.ts';
import type { KeySchema } from '../../../schemas/values.ts';
import { attributes } from '../../sink-records.ts';

export const keySchema: KeySchema = [{ name: 'id', type: 'S' }];

export function keyOf(id: string): Buffer {
  return encodeKey(keySchema, attributes({ id: { S: id } }));
}

export function itemOf(id: string, value: string): Item {
  return Item.fromAvro(Item.fromAttributes(attributes({ id: { S: id }, value: { S: value } })).avro);
}

type Values = Map<string, string>;

/** A migration in memory: writes reach the source at once, the topics and the target later. Time is moved by who waits. */
export class VerifyWorld {
  readonly source: Values = new Map();
  readonly target: Values = new Map();
  /** What is published, with the value after it. */
  readonly log: { readonly id: string; readonly value: string | null; readonly version: number }[] = [];
  readonly #due: { readonly atMs: number; readonly act: () => void }[] = [];
  /** How long a look at one side takes, ms. */
  lookMs = 5;
  nowMs = 1000;
  #version = 0;

  readonly clock: Clock = {
    now: () => this.nowMs,
    monotonic: () => this.nowMs,
    sleep: async (ms) => this.advance(ms),
  };

  at(atMs: number, act: () => void): void {
    this.#due.push({ atMs, act });
  }

  advance(ms: number): void {
    const until = this.nowMs + ms;
    for (;;) {
      this.#due.sort((a, b) => a.atMs - b.atMs);
      if (this.#due.length === 0 || this.#due[0]!.atMs > until) break;
      const next = this.#due.shift()!;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.act();
    }
    this.nowMs = until;
  }

  /** Both sides and the topics hold it, since long. */
  settled(id: string, value: string): void {
    set(this.source, id, value);
    set(this.target, id, value);
    this.log.push({ id, value, version: ++this.#version });
  }

  /** A write of the application now; null deletes. */
  write(id: string, value: string | null, delays: { captureMs: number; targetMs: number }): void {
    set(this.source, id, value);
    const version = ++this.#version;
    this.at(this.nowMs + delays.captureMs, () => this.log.push({ id, value, version }));
    this.at(this.nowMs + delays.targetMs, () => set(this.target, id, value));
  }

  movement(lagMs: number): TopicMovement {
    let from = this.log.length;
    const world = this;
    return new TopicMovement(
      async function* (isWanted) {
        const entries = world.log
          .slice(from)
          .map(world.#entry)
          .filter(({ key }) => isWanted(key));
        from = world.log.length;
        yield entries;
      },
      this.clock,
      lagMs,
    );
  }

  /** The rows of one of the tables, in pages between which time passes. */
  side(values: Values): Side {
    const world = this;
    return {
      logged: false,
      async *rows(isWanted) {
        for (const page of pages([...values.keys()])) {
          world.advance(world.lookMs);
          yield page
            .filter((id) => values.has(id) && isWanted(keyOf(id)))
            .map((id) => world.#entry({ id, value: values.get(id)!, version: 0 }));
        }
      },
      look: async (candidates) => {
        const seen = candidates.map(({ key }) => idOf(key)).map((id) => [id, values.get(id)] as const);
        world.advance(world.lookMs);
        return seen.map(([id, value]) => sightingOf(value === undefined ? null : itemOf(id, value)));
      },
    };
  }

  /** The topics as a source side. */
  topicSide(movement: TopicMovement): Side {
    const end = this.log.length;
    const world = this;
    return {
      logged: true,
      async *rows(isWanted) {
        for (const page of pages(world.log.slice(0, end))) {
          world.advance(world.lookMs);
          yield page.map(world.#entry).filter(({ key }) => isWanted(key));
        }
      },
      look: async (candidates: readonly Candidate[]): Promise<readonly Sighting[]> =>
        candidates.map((candidate) => {
          const newest = newestOf(candidate, movement);
          const value = newest && world.log[newest.place]?.value;
          const item = value == null ? null : itemOf(idOf(candidate.key), value);
          return { digest: newest?.digest ?? null, item: () => Promise.resolve(item) };
        }),
    };
  }

  readonly #entry = (record: { id: string; value: string | null; version: number }): Entry => ({
    key: keyOf(record.id),
    digest: record.value === null ? null : itemDigest(itemOf(record.id, record.value).avro),
    version: record.version,
    place: this.log.findIndex(({ version }) => version === record.version),
  });
}

function set(values: Values, id: string, value: string | null): void {
  if (value === null) values.delete(id);
  else values.set(id, value);
}

function* pages<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += 100) yield all.slice(from, from + 100);
}

function idOf(key: Buffer): string {
  const id = decodeKey(key).get('id');
  return id !== undefined && 'S' in id ? id.S : '';
}
