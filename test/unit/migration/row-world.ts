import type {
  ExpectedRow,
  Mender,
  Mending,
  RowShape,
  SinkConnector,
  Transform,
} from '../../../connectors/connector.ts';
import { avroConverter } from '../../../connectors/converters/avro.ts';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import { createLogger } from '../../../connectors/log.ts';
import type { TableReport } from '../../../migration/verify/report.ts';
import { rowSpace } from '../../../migration/verify/row-space.ts';
import { sourceSide } from '../../../migration/verify/source-side.ts';
import { targetSide } from '../../../migration/verify/target-side.ts';
import { openMovement, TopicSide } from '../../../migration/verify/topic-side.ts';
import { verifyTable } from '../../../migration/verify/verify-table.ts';
import type { ChangeRecord } from '../../../schemas/change.ts';
import { Item } from '../../../schemas/item.ts';
import { attributes, deleteRecord, putRecord, sinkTable } from '../../sink-records.ts';
import type { Topics } from '../runtime/topic-fakes.ts';
import { keyOf, VerifyWorld } from './verify-world.ts';

export const lagMs = 4000;
const table = sinkTable('Music');
const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });

/** What an item is made of: where its row stands, and what it holds. */
export interface Made {
  readonly place: string;
  /** `bad`: no row can be made of it; `expired`: there should be none; `soon`: until {@link RowWorld.isSoonOver}. */
  readonly value: string;
}

/** The source's table, for the fakes that read it. */
export type Source = Map<string, Item>;

export interface Asked {
  readonly against: 'source' | 'topics';
  readonly keys?: readonly string[];
  readonly sampleFraction?: number;
  /** V of repairs; absent: nothing is mended. */
  readonly versionNow?: () => Promise<number | null>;
  readonly versionMin?: number;
  readonly transforms?: readonly Transform[];
}

/** A migration in memory whose target holds rows: under their items' keys, or at places that follow from what an item holds. */
export class RowWorld {
  readonly target = new Map<string, { readonly row: Item; readonly version: number }>();
  readonly mended: Mending[] = [];
  /** What the mender was asked to write. */
  readonly asked: Mending[] = [];
  readonly time = new VerifyWorld();
  /** Rows that expire `soon` have expired. */
  isSoonOver = false;
  readonly shape: RowShape;
  readonly #source: Source;
  readonly #topics: Topics;

  constructor(source: Source, topics: Topics, moves: boolean) {
    this.#source = source;
    this.#topics = topics;
    for (const topic of ['snapshot', 'changes']) topics.set(topic, []);
    source.clear();
    this.shape = shapeOf(moves, () => this.isSoonOver);
  }

  /** The application writes an item, and what follows it brings the target there; null deletes. */
  write(id: string, made: Made | null): number {
    const before = this.#source.get(id) ?? null;
    const after = made && itemOf(id, made);
    if (after === null) this.#source.delete(id);
    else this.#source.set(id, after);
    const base =
      after === null
        ? deleteRecord(table, attributes({ id: { S: id } }))
        : putRecord(table, after.attributes, before === null ? 'c' : 'u');
    const record = { ...base, before };
    this.#publish(record);
    this.#apply(record);
    return record.version;
  }

  /** Damages the target: the row of an item as it was, or of none. */
  place(id: string, made: Made, version = 1): void {
    const { key, item } = rowOf(this.shape.moves, id, made);
    this.target.set(key.toString('latin1'), { row: item, version });
  }

  lose(id: string, made: Made): void {
    this.target.delete(rowOf(this.shape.moves, id, made).key.toString('latin1'));
  }

  async verify(asked: Asked): Promise<TableReport> {
    const { against, keys, sampleFraction = 1, versionNow, versionMin = 0, transforms = [] } = asked;
    const space = rowSpace(this.shape);
    const { clock } = this.time;
    const context = { clock, log, signal: new AbortController().signal };
    const topics = {
      snapshot: 'snapshot',
      changes: 'changes',
      converter: avroConverter,
      transforms,
      space,
      versionMin,
      onUndecodable: () => {
        throw new Error('undecodable');
      },
    };
    const kafka = {} as KafkaClient;
    const fromTopics = await TopicSide.open(kafka, topics, context, lagMs, null);
    const access = { region: 'r', endpoint: 'http://127.0.0.1:1' };
    const scanned = { access, table: table.facts, transforms, space, segments: 1, readCapacity: 0.5 };
    return verifyTable({
      table: 'Music',
      source: against === 'topics' ? fromTopics : sourceSide(scanned, context),
      target: targetSide(this.#plugin(), {}, table, space, context),
      space,
      movement: () =>
        against === 'topics'
          ? Promise.resolve(fromTopics.movement)
          : openMovement(kafka, topics, context, lagMs, null),
      clock,
      signal: context.signal,
      giveUp: () => {},
      lagMs,
      estimatedRows: null,
      sampleFraction,
      keys: keys?.map(keyOf) ?? null,
      showKeys: true,
      repair:
        versionNow === undefined
          ? null
          : {
              mender: this.#mender(versionNow),
              journal: { wasInterrupted: false, begin: async () => {}, end: async () => {} },
              quietMs: 60_000,
              patienceMs: 60_000,
              versionNow,
            },
    });
  }

  #publish(record: ChangeRecord): void {
    const topic = this.#topics.get('changes')!;
    topic.push({ offset: topic.length, ...avroConverter.encode(record), headers: [] });
  }

  /** As a right sink does: the row of before goes where it stands elsewhere, whatever becomes of the new one. */
  #apply({ key, before, after, version }: ChangeRecord): void {
    for (const item of [before, after]) {
      const expected = item === null ? 'none' : this.shape.rowOf(key, item);
      if (typeof expected === 'string') continue;
      const name = expected.row.key.toString('latin1');
      if (item === after) this.target.set(name, { row: expected.row.item, version });
      else this.target.delete(name);
    }
    if (!this.shape.moves && after === null) this.target.delete(key.toString('latin1'));
  }

  #plugin(): SinkConnector<unknown> {
    const { target } = this;
    return {
      async *rows() {
        yield [...target].map(([name, { row }]) => ({ key: Buffer.from(name, 'latin1'), item: row }));
      },
      lookUp: async (_options: unknown, _table: unknown, keys: readonly Buffer[]) =>
        keys.map((key) => {
          // A place that no row can have is asked for by nobody.
          if (this.shape.moves) this.shape.itemKeyOf(key);
          return target.get(key.toString('latin1'))?.row ?? null;
        }),
    } as unknown as SinkConnector<unknown>;
  }

  #mender(versionNow: () => Promise<number | null>): Mender {
    return {
      settleMs: 1000,
      mend: async (mendings) => {
        const version = await versionNow();
        this.asked.push(...mendings);
        return mendings.map((mending) => {
          const name = mending.key.toString('latin1');
          const known = this.target.get(name)?.version ?? -1;
          if (version === null || Math.max(known, mending.newest) >= version) return 'changed';
          this.mended.push(mending);
          if (mending.wanted === null) this.target.delete(name);
          else this.target.set(name, { row: mending.wanted, version });
          return 'written';
        });
      },
      [Symbol.asyncDispose]: async () => {},
    };
  }
}

function itemOf(id: string, { place, value }: Made): Item {
  const made = attributes({
    id: { S: id },
    place: { S: place },
    value: { S: value },
    other: { S: 'left out' },
  });
  return Item.fromAvro(Item.fromAttributes(made).avro);
}

/** Rows hold `v` alone, so that none equals its item. */
function rowOf(moves: boolean, id: string, { place, value }: Made) {
  const v = attributes({ v: { B: Buffer.from(value) } });
  const item = Item.fromAvro(Item.fromAttributes(v).avro);
  const key = keyOf(id);
  if (!moves) return { key, item };
  const length = Buffer.alloc(4);
  length.writeUInt32BE(key.length);
  return { key: Buffer.concat([length, key, Buffer.from(place)]), item };
}

function shapeOf(moves: boolean, isSoonOver: () => boolean): RowShape {
  return {
    moves,
    rowOf(_key, item): ExpectedRow {
      const text = (name: string) => {
        const value = item.attributes.get(name);
        return value !== undefined && 'S' in value ? value.S : '';
      };
      const made = { place: text('place'), value: text('value') };
      if (made.value === 'bad') return 'unmappable';
      const isOver = made.value === 'expired' || (made.value === 'soon' && isSoonOver());
      return isOver ? 'none' : { row: rowOf(moves, text('id'), made) };
    },
    itemKeyOf(rowKey) {
      const length = moves ? rowKey.readUInt32BE(0) : rowKey.length;
      if (moves && length > rowKey.length) throw new RangeError('no key of a row');
      return moves ? rowKey.subarray(4, 4 + length) : rowKey;
    },
  };
}
