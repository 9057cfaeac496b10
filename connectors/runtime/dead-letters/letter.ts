import type { InRecord } from '../../kafka/wire/record-decode.ts';

/** A dead letter, as its headers tell of it; without its value. */
export interface Letter {
  /** Its own offset in the dead-letter topic. */
  readonly at: number;
  /** False: its headers do not say who set it aside, so that nobody knows whose it is (`…context.headers.enable`). */
  readonly hasContext: boolean;
  /** Who set it aside; empty where the headers do not say. */
  readonly connector: string;
  readonly table: string | null;
  /** In Kafka Connect's words: `VALUE_CONVERTER`, `TRANSFORMATION`, `TASK_PUT`. */
  readonly stage: string;
  /** The error's code. */
  readonly reason: string;
  readonly message: string;
  /** Of a sink: where its record stands. Null: of a source, whose record never was in a topic. */
  readonly place: RecordPlace | null;
  /** Of a source: where the record was read, by name (`file`, `line`, `shard`, `sequence`). */
  readonly origin: Readonly<Record<string, string>>;
  /** When it was set aside, ISO. */
  readonly setAside: string;
  readonly key: Buffer | null;
  /** V of the record; null where its headers do not tell. */
  readonly version: number | null;
}

export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

const CONNECT = '__connect.errors.';
const MESSINA = 'messina.';
/** Headers of ours that name no place. */
const NO_PLACE: ReadonlySet<string> = new Set(['op', 'version', 'table', 'set_aside']);

/** Reads the headers of a dead letter, whoever wrote it: what they lack is empty. */
export function readLetter({ offset, timestampMs, key, headers }: InRecord): Letter {
  const texts = new Map(headers.map(([name, value]) => [name, value.toString()]));
  const errors = (name: string) => texts.get(`${CONNECT}${name}`);
  const own = (name: string) => texts.get(`${MESSINA}${name}`);
  return {
    at: offset,
    hasContext: texts.has(`${CONNECT}connector.name`),
    connector: errors('connector.name') ?? '',
    table: own('table') ?? null,
    stage: errors('stage') ?? '',
    reason: errors('exception.class.name') ?? '',
    message: errors('exception.message') ?? '',
    place: placeOf(errors('topic'), errors('partition'), errors('offset')),
    origin: originOf(texts),
    setAside: own('set_aside') ?? new Date(timestampMs).toISOString(),
    key,
    version: versionHeader(headers),
  };
}

/** V as the header of a record tells it (rule C2); null without one. */
export function versionHeader(headers: InRecord['headers']): number | null {
  const found = headers.find(([name]) => name === 'messina.version')?.[1];
  const version = found === undefined ? Number.NaN : Number(found.toString());
  return Number.isSafeInteger(version) ? version : null;
}

function placeOf(topic?: string, partition?: string, offset?: string): RecordPlace | null {
  if (topic === undefined || partition === undefined || offset === undefined) return null;
  return { topic, partition: Number(partition), offset: Number(offset) };
}

function originOf(texts: ReadonlyMap<string, string>): Record<string, string> {
  const named = [...texts]
    .filter(([name]) => name.startsWith(MESSINA))
    .map(([name, value]) => [name.slice(MESSINA.length), value] as const);
  return Object.fromEntries(named.filter(([name]) => !NO_PLACE.has(name)));
}
