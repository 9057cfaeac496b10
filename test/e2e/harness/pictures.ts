import {
  type AttributeValue,
  BatchWriteItemCommand,
  type DynamoDBClient,
  ScanCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import type { ExportSpec, WindowSpec } from '../../unit/source/export-fixture.ts';

type Attributes = Record<string, AttributeValue>;

/** What a table of the tests held at some time: DynamoDB JSON of every item, by its key's. */
export type Picture = ReadonlyMap<string, string>;

/** Reads the whole table `Music`, with the SDK alone. */
export async function pictureOf(client: DynamoDBClient): Promise<Picture> {
  const picture = new Map<string, string>();
  let start: Attributes | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: 'Music', ConsistentRead: true, ExclusiveStartKey: start }),
    );
    for (const item of page.Items ?? []) {
      const { Artist, SongTitle } = item;
      picture.set(JSON.stringify({ Artist, SongTitle }), JSON.stringify(item, binaryAsBase64));
    }
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return picture;
}

/** A full export as the service makes one: each item as it was at one of two times about X, nobody knows which. */
export function fullOf(before: Picture, after: Picture, exportMs: number): ExportSpec {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  const items = keys.flatMap((key, i) => (i % 2 === 0 ? before : after).get(key) ?? []);
  return {
    id: `0${exportMs}-0a0a0a0a`,
    files: inFiles(
      `full-${exportMs}`,
      items.map((item) => `{"Item":${item}}`),
    ),
    summary: { exportTime: new Date(exportMs).toISOString() },
  };
}

/** An incremental export: what differs between two times, each key once. */
export function windowOf(
  before: Picture,
  after: Picture,
  fromMs: number,
  toMs: number,
  view: WindowSpec['view'],
): ExportSpec {
  const lines: string[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(key), after.get(key)];
    if (old === now) continue;
    const images = [
      ...(view === 'NEW_AND_OLD_IMAGES' && old !== undefined ? [`"OldImage":${old}`] : []),
      ...(now === undefined ? [] : [`"NewImage":${now}`]),
    ];
    const metadata = `"Metadata":{"WriteTimestampMicros":{"N":"${(toMs - 1000) * 1000}"}}`;
    lines.push(`{${[metadata, `"Keys":${key}`, ...images].join()}}`);
  }
  return {
    id: `0${toMs}-0b0b0b0b`,
    window: { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), view },
    files: inFiles(`window-${toMs}`, lines),
  };
}

/** Writes one phase of a history: new items, changed ones, and some of the ones there are deleted. */
export async function writePhase(client: DynamoDBClient, phase: string, seen: Picture): Promise<void> {
  const keys = [...seen.keys()].sort().map((key) => JSON.parse(key) as Attributes);
  const size = 40;
  // Each phase has a stretch of keys of its own, so that no key is born and gone between two times.
  const at = [...phase].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 5;
  const mine = keys.slice(at * 2 * size, (at + 1) * 2 * size);
  const changes: WriteRequest[] = mine.map((key, i) =>
    i % 2 === 0
      ? { DeleteRequest: { Key: key } }
      : { PutRequest: { Item: { ...key, Phase: { S: phase }, Raw: { B: Buffer.from(phase) } } } },
  );
  for (let i = 0; i < size; i++) {
    const Item = { Artist: { S: `born in ${phase}` }, SongTitle: { S: `${i}` }, Price: { N: `${i}.5` } };
    changes.push({ PutRequest: { Item } });
  }
  for (let i = 0; i < changes.length; i += 25) {
    await client.send(new BatchWriteItemCommand({ RequestItems: { Music: changes.slice(i, i + 25) } }));
  }
}

function inFiles(name: string, lines: readonly string[]): ExportSpec['files'] {
  const half = Math.ceil(lines.length / 2);
  return [lines.slice(0, half), lines.slice(half), []].map((some, i) => ({
    name: `${name}-${i}.json.gz`,
    lines: some,
  }));
}

function binaryAsBase64(_name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  // Buffers have been made JSON of their own before anybody is asked.
  const { type, data } = (value ?? {}) as { type?: unknown; data?: unknown };
  return type === 'Buffer' && Array.isArray(data) ? Buffer.from(data).toString('base64') : value;
}
