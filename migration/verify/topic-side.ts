import type { Entry } from '../../connectors/buckets/entry.ts';
import type { TaskContext } from '../../connectors/connector.ts';
import type { KafkaClient } from '../../connectors/kafka/client.ts';
import { offsetsForTime } from '../../connectors/kafka/offsets.ts';
import { partitionOf } from '../../connectors/kafka/wire/murmur2.ts';
import { ITEMS, sightingAt } from './row-space.ts';
import type { Candidate, Movement, Side, Sighting } from './sides.ts';
import { beginsOf, endsOf, entriesBetween, type Offsets } from './topic-reading.ts';
import { expectedAt, type TableTopics } from './topic-records.ts';
import { TopicMovement } from './traces.ts';

/** Records that are read again side by side. */
const READ_AT_ONCE = 16;

/**
 * The newest record of each key in a table's topics, as a side of a comparison.
 *
 * Rule C2: the highest version of a key is its truth, whichever snapshot or change it came with.
 */
export class TopicSide implements Side {
  readonly logged = true;
  readonly #kafka: KafkaClient;
  readonly #topics: TableTopics;
  readonly #context: TaskContext;
  readonly #ends: Offsets;
  readonly #movement: TopicMovement;

  private constructor(
    kafka: KafkaClient,
    topics: TableTopics,
    context: TaskContext,
    ends: Offsets,
    movement: TopicMovement,
  ) {
    this.#kafka = kafka;
    this.#topics = topics;
    this.#context = context;
    this.#ends = ends;
    this.#movement = movement;
  }

  /**
   * What is published until now is what `rows` gives; what comes later shows in the movement and in looks.
   *
   * @param since as of {@link openMovement}
   */
  static async open(
    kafka: KafkaClient,
    topics: TableTopics,
    context: TaskContext,
    lagMs: number,
    since: number | null,
  ): Promise<TopicSide> {
    const ends = await endsOf(kafka, topics);
    const from = await changesSince(kafka, topics, ends, since);
    return new TopicSide(kafka, topics, context, ends, movementFrom(kafka, topics, context, from, lagMs));
  }

  get movement(): Movement {
    return this.#movement;
  }

  async *rows(isWanted: (key: Buffer) => boolean) {
    const range = { from: await beginsOf(this.#kafka, this.#topics), to: this.#ends };
    yield* entriesBetween(this.#kafka, this.#topics, range, isWanted, this.#context.signal);
  }

  async look(candidates: readonly Candidate[]): Promise<readonly Sighting[]> {
    const seen: Sighting[] = [];
    for (let from = 0; from < candidates.length; from += READ_AT_ONCE) {
      const some = candidates.slice(from, from + READ_AT_ONCE);
      seen.push(...(await Promise.all(some.map((candidate) => this.#newest(candidate)))));
    }
    return seen;
  }

  #newest(candidate: Candidate): Sighting | Promise<Sighting> {
    const newest = newestOf(candidate, this.#movement);
    if (newest === null) return sightingAt(candidate.key, null);
    const { digest, place } = newest;
    // The row that an item has may expire meanwhile: who is looked at a second time is read again.
    const isStale = this.#topics.space !== ITEMS && digest !== null && candidate.suspicion !== null;
    if (isStale) return this.#sightingAt(candidate.key, place);
    return { digest, item: async () => (await this.#sightingAt(candidate.key, place)).item() };
  }

  async #sightingAt(key: Buffer, place: number): Promise<Sighting> {
    const partitions = this.#ends.get(this.#topics.changes)?.length ?? 1;
    const partition = partitionOf(this.#topics.space.itemKeyOf(key), partitions);
    return sightingAt(
      key,
      await expectedAt(this.#kafka, this.#topics, partition, place, this.#context.signal),
    );
  }
}

/** The newest record of a key: what was read of it first, or what has been published since; null: it has none. */
export function newestOf({ key, base }: Candidate, movement: Movement): Omit<Entry, 'key'> | null {
  const moved = movement.traces(key).at(-1);
  return moved !== undefined && moved.version >= (base?.version ?? -1) ? moved : base;
}

/**
 * What is published from now on, for a comparison whose source side is not the topics.
 *
 * @param since changes made since then come too, epoch ms of the source; null: none
 */
export async function openMovement(
  kafka: KafkaClient,
  topics: TableTopics,
  context: TaskContext,
  lagMs: number,
  since: number | null,
): Promise<Movement> {
  const ends = await endsOf(kafka, topics);
  return movementFrom(kafka, topics, context, await changesSince(kafka, topics, ends, since), lagMs);
}

/** The ends, but in the changes topic where the changes of a time begin. */
async function changesSince(
  kafka: KafkaClient,
  { changes }: TableTopics,
  ends: Offsets,
  since: number | null,
): Promise<Offsets> {
  if (since === null) return ends;
  const begins = await offsetsForTime(kafka, changes, since);
  const known = ends.get(changes) ?? [];
  return new Map([...ends, [changes, known.map((end, p) => Math.min(end, begins[p] ?? end))]]);
}

function movementFrom(
  kafka: KafkaClient,
  topics: TableTopics,
  { clock, signal }: TaskContext,
  start: Offsets,
  lagMs: number,
): TopicMovement {
  let from = start;
  return new TopicMovement(
    async function* (isWanted) {
      const to = await endsOf(kafka, topics);
      yield* entriesBetween(kafka, topics, { from, to }, isWanted, signal);
      from = to;
    },
    clock,
    lagMs,
    topics.space,
  );
}
