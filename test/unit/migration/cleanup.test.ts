import { expect, test } from 'vitest';
import type { TableRecord } from '../../../connectors/catalog-records.ts';
import { Catalog } from '../../../connectors/runtime/catalog.ts';
import { ownersOf } from '../../../migration/cleanup/owners.ts';
import { sourceLeftovers } from '../../../migration/cleanup/source-leftovers.ts';
import { STREAM_ARN, TABLE } from '../dynamodb/control-world.ts';
import { sendError, sendJson, startStub } from '../dynamodb/stub-server.ts';
import { parse, validText } from './migration-text.ts';

const sinksOf = (...connectors: readonly string[]) => connectors.map((connector) => ({ connector }));

test('sinks are told from those of a migration whose name begins with the same word', () => {
  const topics = new Set(['music-offsets', 'music-eu-offsets']);
  const sinks = sinksOf('music-alternator', 'music-us-alternator', 'music-eu-alternator', 'books-alternator');
  expect(ownersOf('music', sinks, topics)).toEqual({
    own: ['music-alternator', 'music-us-alternator'],
    others: ['books-alternator', 'music-eu'],
  });
  expect(ownersOf('music-eu', sinksOf('music-eu-alternator'), topics)).toEqual({
    own: ['music-eu-alternator'],
    others: [],
  });
});

test('sinks are known when a cleanup that was killed has removed the internal topics', () => {
  const { own, others } = ownersOf('music', sinksOf('music-alternator'), new Set());
  expect({ own, others }).toEqual({ own: ['music-alternator'], others: [] });
});

interface Noted {
  readonly streamEnabled?: boolean;
  readonly streamArn?: string;
  readonly tableId?: string;
  /** By epoch, from 1. */
  readonly pitr?: readonly boolean[];
}

function catalogOf({ streamEnabled = false, streamArn = STREAM_ARN, tableId = 'id-1', pitr = [] }: Noted) {
  const epoch = { number: Math.max(1, pitr.length), streamArn, streamEnabled };
  const table = { facts: { table: 'T', tableId }, epoch } as unknown as TableRecord;
  const records = new Map<string, string>([
    ['table/T', JSON.stringify(table)],
    ...pitr.map((pitrEnabled, n): [string, string] => [
      `request/T/${n + 1}`,
      JSON.stringify({ facts: { pitrEnabled } }),
    ]),
  ]);
  const log = {
    get: (key: string) => records.get(key) ?? null,
    entries: () => records.entries(),
    subscribe: () => () => {},
  };
  return new Catalog(log as unknown as ConstructorParameters<typeof Catalog>[0]);
}

/** A source with table T, its stream enabled, and backups as said. */
async function sourceWith(backups: 'ENABLED' | 'DISABLED' | 'denied') {
  const stub = await startStub(({ target }, response) => {
    response.setHeader('Date', new Date().toUTCString());
    if (target.endsWith('DescribeTable')) return sendJson(response, 200, { Table: TABLE });
    if (backups === 'denied') return sendError(response, 400, 'AccessDeniedException');
    sendJson(response, 200, {
      ContinuousBackupsDescription: {
        ContinuousBackupsStatus: 'ENABLED',
        PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: backups },
      },
    });
  });
  const source = `  endpoint: ${stub.endpoint}\n  credentials: {accessKeyId: a, secretAccessKey: b}\n`;
  const migration = parse(validText.replace('  tables: [Music]\n', `  tables: [T]\n${source}`));
  return { stub, migration };
}

const { signal } = new AbortController();

test.each([
  ['a stream and recovery that it switched on', { streamEnabled: true, pitr: [true] }, ['stream', 'pitr']],
  ['recovery that an earlier epoch switched on', { pitr: [true, false] }, ['pitr']],
  ['nothing that others switched on', { pitr: [false] }, []],
  ['no stream that stands where its own was', { streamEnabled: true, streamArn: 'another' }, []],
  ['nothing of a table that was made anew', { streamEnabled: true, pitr: [true], tableId: 'id-0' }, []],
] satisfies [string, Noted, string[]][])('cleanup finds %s', async (_, noted, kinds) => {
  const { stub, migration } = await sourceWith('ENABLED');
  await using _stub = stub;
  const { remove } = await sourceLeftovers(migration, catalogOf(noted), { keepSource: false, signal });
  expect(remove).toEqual(kinds.map((kind) => ({ kind, name: 'T' })));
});

test('what is off already is not found', async () => {
  const { stub, migration } = await sourceWith('DISABLED');
  await using _stub = stub;
  const { remove } = await sourceLeftovers(migration, catalogOf({ pitr: [true] }), {
    keepSource: false,
    signal,
  });
  expect(remove).toEqual([]);
});

test('a source that refuses is named with the way around it', async () => {
  const { stub, migration } = await sourceWith('denied');
  await using _stub = stub;
  const looking = sourceLeftovers(migration, catalogOf({ pitr: [true] }), { keepSource: false, signal });
  await expect(looking).rejects.toMatchObject({
    code: 'SOURCE_ACCESS_DENIED',
    message: expect.stringContaining('--keep-source'),
  });
});

test('a source that is to be kept is never asked, and what stays on there is said', async () => {
  const { stub, migration } = await sourceWith('ENABLED');
  await using _stub = stub;
  const noted = { streamEnabled: true, pitr: [true] };
  const found = await sourceLeftovers(migration, catalogOf(noted), { keepSource: true, signal });
  expect(found).toEqual({
    remove: [],
    keep: ['stream', 'pitr'].map((kind) => ({ kind, name: 'T', why: '--keep-source' })),
  });
  expect(stub.requests).toEqual([]);
});
