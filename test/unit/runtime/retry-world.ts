import { systemClock } from '../../../connectors/clock.ts';
import { avroConverter } from '../../../connectors/converters/avro.ts';
import type { PlainProducer } from '../../../connectors/kafka/plain-producer.ts';
import type { OutRecord } from '../../../connectors/kafka/wire/record-batch.ts';
import type { InRecord } from '../../../connectors/kafka/wire/record-decode.ts';
import { createLogger } from '../../../connectors/log.ts';
import type { Catalog } from '../../../connectors/runtime/catalog.ts';
import { DeadLetters } from '../../../connectors/runtime/dead-letters/dead-letters.ts';
import { type Letter, readLetter } from '../../../connectors/runtime/dead-letters/letter.ts';
import { RetryLane } from '../../../connectors/runtime/retry/retry-lane.ts';
import type { RetryResult } from '../../../connectors/runtime/retry/retry-tally.ts';
import { isSettled, settledIn } from '../../../connectors/runtime/retry/settled-letters.ts';
import type { LaneParts } from '../../../connectors/runtime/sink/lane-kind.ts';
import { FRESH_LANE, type LaneState } from '../../../connectors/runtime/sink/lane-state.ts';
import { Turns } from '../../../connectors/runtime/turns.ts';
import type { ChangeRecord } from '../../../schemas/change.ts';
import { MemoryTarget, memorySink } from '../../memory-sink.ts';
import { attributes, deleteRecord, putRecord, sinkTable } from '../../sink-records.ts';
import type { Topics } from './topic-fakes.ts';

const table = sinkTable('T');
const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });
const SNAPSHOT_VERSION = 1_000;
const CHANGE_VERSION = 2_000_000;

/** An item of a key, or its end. */
export interface Event {
  readonly key: string;
  /** Null: deleted. */
  readonly item: number | null;
}

/** One lane as its sink left it: one snapshot, loaded, and changes that were written up to a position. */
export interface History {
  readonly events: readonly Event[];
  /** The snapshot holds the state after so many events. */
  readonly snapshotAt: number;
  /** Changes of offsets below are passed over by the gate. */
  readonly writeFrom: number;
  /** The sink stands here. */
  readonly position: number;
  /** Items that the target refuses, and the code it has for each. */
  readonly refuses: (item: number) => 'RECORD_REFUSED' | 'RECORD_TOO_LARGE' | null;
}

/** A sink's lane over topics in memory, for retries. Its own loop is as plain as can be: one record after the other. */
export class RetryWorld {
  readonly target = new MemoryTarget();
  readonly topics: Topics;
  state: LaneState = FRESH_LANE;
  refuses: History['refuses'];
  readonly #history: History;

  constructor(topics: Topics, history: History) {
    this.#history = history;
    this.refuses = history.refuses;
    this.topics = topics;
    for (const topic of ['snapshot', 'changes', 'dead']) topics.set(topic, []);
  }

  /** Publishes everything, and writes what the sink had come to. */
  async load(): Promise<void> {
    const { events, snapshotAt, writeFrom, position } = this.#history;
    const rows = new Map(events.slice(0, snapshotAt).map((event) => [event.key, event]));
    this.#append('snapshot', null);
    for (const { key, item } of rows.values()) {
      if (item !== null) this.#append('snapshot', recordOf({ key, item }, SNAPSHOT_VERSION));
    }
    this.#append('snapshot', null);
    events.forEach((event, i) => {
      this.#append('changes', recordOf(event, CHANGE_VERSION + i));
    });
    const end = this.topics.get('snapshot')!.length;
    const all = { snapshot: 's1', countedTo: 0, position: 0, outcomes: FRESH_LANE.snapshot.outcomes };
    this.state = {
      snapshot: { ...all, gateOpen: true },
      changes: { ...all, writeFrom, lastMs: null },
      settled: null,
      clean: true,
    };
    await this.#write('snapshot', end);
    await this.#write('changes', position);
  }

  /** What the sink does when it is started again. */
  follow(): Promise<void> {
    return this.#write('changes', this.#history.events.length);
  }

  /** Letters that wait, of each record the newest. */
  waiting(): Letter[] {
    const read = { topic: 'dead', end: this.topics.get('dead')!.length };
    const newest = new Map<string, Letter>();
    for (const raw of this.topics.get('dead')!) {
      const letter = readLetter(raw);
      newest.set(JSON.stringify(letter.place), letter);
    }
    return [...newest.values()].filter((letter) => !isSettled(settledIn(this.state.settled, read), letter));
  }

  async retry(reason: string | null = null): Promise<RetryResult> {
    const letters = this.waiting().map(({ place, key, ...rest }) => ({
      ...rest,
      topic: place!.topic,
      offset: place!.offset,
      key: key?.toString('latin1') ?? null,
    }));
    const read = { topic: 'dead', end: this.topics.get('dead')!.length };
    let result: RetryResult | null = null;
    const done = (one: RetryResult) => (result = one);
    const lane = new RetryLane(await this.parts(), { letters, reason, read }, new Turns(1), done);
    await lane.run();
    return result!;
  }

  async parts(): Promise<LaneParts> {
    const plugin = memorySink(this.target, {
      refuses: (record) => this.#codeOf(record) !== null,
      codeOf: (record) => this.#codeOf(record) ?? 'RECORD_REFUSED',
    });
    const world = { kafka: {}, converter: avroConverter, catalog: this.#catalog(), clock: systemClock, log };
    const target = {
      task: await plugin.open({}, {} as never),
      table,
      lane: 'T/0',
      ordersByVersion: false,
      deadLetters: this.#deadLetters(),
      world,
      signal: new AbortController().signal,
      isOurs: () => true,
      onFault: () => {},
    };
    const parts = {
      definition: { name: 's', plugin, transforms: [], snapshots: true },
      target,
      topics: { snapshot: 'snapshot', changes: 'changes', partition: 0 },
      state: this.state,
      commit: async (state: LaneState) => void (this.state = state),
    };
    return parts as unknown as LaneParts;
  }

  /** The item of a key in the target; null: none. */
  item(key: string): number | null {
    const found = this.target.item('T', recordOf({ key, item: 0 }, 0).key);
    const value = found?.attributes.get('n') as { N: string } | undefined;
    return value === undefined ? null : Number(value.N);
  }

  #codeOf({ after }: ChangeRecord) {
    const value = after?.attributes.get('n') as { N: string } | undefined;
    return value === undefined ? null : this.refuses(Number(value.N));
  }

  #catalog(): Catalog {
    const snapshot = { facts: { id: 's1' }, version: SNAPSHOT_VERSION };
    return {
      table: () => ({ facts: table.facts, epoch: { version0: SNAPSHOT_VERSION, firstOffsets: [0] } }),
      currentSnapshot: () => snapshot,
      snapshotPartition: () => ({ beginOffset: 0 }),
    } as unknown as Catalog;
  }

  #deadLetters(): DeadLetters {
    const dead = this.topics.get('dead')!;
    const send = async (_topic: string, _partition: number, records: readonly OutRecord[]) => {
      for (const record of records) dead.push(asRead(record, dead.length));
    };
    const from = { topic: 'dead', connector: 's', task: 0, pluginName: 'MemorySink' };
    const producer = { send } as unknown as PlainProducer;
    return new DeadLetters(producer, from, 'all', systemClock, {
      runMax: Number.POSITIVE_INFINITY,
    });
  }

  async #write(topic: 'snapshot' | 'changes', end: number): Promise<void> {
    const { target } = await this.parts();
    const counts = { ...this.state[topic].outcomes };
    const from = topic === 'changes' ? this.state.changes.writeFrom : 0;
    for (const raw of this.topics.get(topic)!.slice(this.state[topic].position, end)) {
      if (raw.key === null) continue;
      if (raw.offset < from) counts.superseded++;
      else {
        const record = avroConverter.decode({
          key: raw.key,
          value: raw.value!,
          timestampMs: raw.timestampMs,
        });
        const [failure] = await target.task.put(table, 'T/0', [record]);
        const place = { table: 'T', topic, partition: 0 };
        const letters = failure ? [{ raw, error: failure.error, stage: 'TASK_PUT' as const, by: null }] : [];
        await target.deadLetters.add(place, letters, []);
        counts[failure ? 'deadLettered' : 'written']++;
      }
    }
    const progress = { position: end, countedTo: end, outcomes: counts };
    this.state = { ...this.state, [topic]: { ...this.state[topic], ...progress } };
  }

  #append(topic: string, record: ChangeRecord | null): void {
    const log = this.topics.get(topic)!;
    if (record === null) {
      log.push({ offset: log.length, timestampMs: 0, key: null, value: Buffer.alloc(0), headers: [] });
      return;
    }
    const { key, value, timestampMs } = avroConverter.encode(record);
    const headers = [['messina.version', String(record.version)]] as const;
    log.push(asRead({ key, value, timestampMs, headers }, log.length));
  }
}

function asRead({ key, value, timestampMs, headers = [] }: OutRecord, offset: number): InRecord {
  const read = headers.map(([name, text]) => [name, Buffer.from(text as string)] as const);
  return { offset, timestampMs, key: key as Buffer | null, value: value as Buffer | null, headers: read };
}

function recordOf({ key, item }: Event, version: number): ChangeRecord {
  const id = { id: { S: key } };
  const record =
    item === null
      ? deleteRecord(table, attributes(id))
      : putRecord(table, attributes({ ...id, n: { N: String(item) } }));
  return { ...record, version };
}
