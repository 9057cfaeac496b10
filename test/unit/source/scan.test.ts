import { describe, expect, test } from 'vitest';
import type { SourceBatch } from '../../../connectors/connector.ts';
import { DynamoDbError } from '../../../dynamodb/errors.ts';
import { readRate } from '../../../source/scan/read-rate.ts';
import { PROVISIONED, ScanWorld } from './scan-world.ts';
import { FACTS, START } from './stream-world.ts';

const idsOf = (batches: readonly SourceBatch[]) =>
  batches.flatMap((batch) =>
    batch.records.map(({ after }) => (after!.attributes.get('id') as { S: string }).S),
  );

describe('taking a scan', () => {
  test('begins at once when capture claims nothing, and X is the server’s time', async () => {
    const world = new ScanWorld();
    expect(await world.take(null)).toEqual({
      id: 'scan-2026-03-01T00:00:00.000Z',
      exportMs: START,
      arn: null,
      partitions: 4,
      rows: null,
      facts: { segments: 4 },
    });
  });

  test('waits until the server’s clock has reached the time', async () => {
    const world = new ScanWorld();
    const { exportMs } = await world.take(START + 9_500);
    expect(exportMs).toBe(START + 10_000);
    expect(world.clock.sleeps.length).toBeGreaterThan(5);
  });

  test('stops waiting when the task stops', async () => {
    const world = new ScanWorld();
    world.abort.abort(new Error('stopping'));
    await expect(world.take(START + 9_500)).rejects.toThrow('stopping');
  });

  test('refuses another table of the same name', async () => {
    const world = new ScanWorld();
    world.table = { ...world.table, id: 'table-2' };
    await expect(world.take(null)).rejects.toMatchObject({ code: 'SOURCE_DATA_GAP' });
  });

  test('has a slack of ten seconds unless told otherwise', () => {
    const world = new ScanWorld();
    expect(world.source.slackMs(world.options())).toBe(10_000);
    expect(world.source.slackMs(world.options({ slackSeconds: 3 }))).toBe(3_000);
  });
});

describe('reading a scan', () => {
  test('goes through every segment, each row once, consistently', async () => {
    const world = new ScanWorld();
    const snapshot = await world.take(null);
    const ids: string[] = [];
    for await (const { id } of world.source.discover(world.options(), FACTS, snapshot, world.context)) {
      ids.push(...idsOf(await world.read(id, snapshot)));
    }
    expect(new Set(ids).size).toBe(40);
    expect(ids).toHaveLength(40);
    expect(world.requests.every(({ consistent }) => consistent)).toBe(true);
  });

  test('makes rows of the snapshot’s version and time, numbered within their segment', async () => {
    const world = new ScanWorld();
    const batches = await world.read('segment-3', await world.take(null));
    const rows = batches.flatMap((batch) => batch.records);
    expect(rows[9]).toMatchObject({
      op: 'r',
      version: 77,
      table: 'Music',
      timestampMs: START,
      before: null,
      origin: { snapshot: 'scan-2026-03-01T00:00:00.000Z', file: 'segment-3', line: 10 },
    });
    expect(batches.at(-1)).toMatchObject({ done: true, position: { lastKey: null, rows: 10, done: true } });
    expect(batches[0]!.bytes).toBeGreaterThan(0);
  });

  test('goes on behind a stored position with exactly the rest', async () => {
    const world = new ScanWorld();
    const snapshot = await world.take(null);
    const [first] = await world.read('segment-0', snapshot, null, 1);
    const rest = await world.read('segment-0', snapshot, first!.position);
    expect(idsOf([first!, ...rest])).toEqual(idsOf(await world.read('segment-0', snapshot)));
    expect(rest[0]!.records[0]!.origin).toMatchObject({ line: 5 });
  });

  test('keeps its number of segments when the options change', async () => {
    const world = new ScanWorld();
    const snapshot = await world.take(null);
    await world.read('segment-1', snapshot, null, 1, { segments: 9 });
    expect(world.requests[0]).toMatchObject({ segment: 1, totalSegments: 4 });
    await expect(world.read('segment-4', snapshot)).rejects.toMatchObject({ code: 'KAFKA_TOPIC_CORRUPT' });
  });

  test('of an empty segment is done at once', async () => {
    const world = new ScanWorld();
    world.itemsPerSegment = 0;
    const batches = await world.read('segment-0', await world.take(null));
    expect(batches).toHaveLength(1);
    expect(batches[0]).toMatchObject({ done: true, records: [] });
  });

  test('says what went wrong', async () => {
    const world = new ScanWorld();
    const snapshot = await world.take(null);
    world.fault = new DynamoDbError('ProvisionedThroughputExceededException', 'slow down', { status: 400 });
    await expect(world.read('segment-0', snapshot)).rejects.toMatchObject({ code: 'SOURCE_THROTTLED' });
    world.fault = new DynamoDbError('AccessDeniedException', 'no', { status: 400 });
    expect(await world.source.check(world.options(), ['Music'], world.context)).toMatchObject([
      { table: 'Music', error: { code: 'SOURCE_ACCESS_DENIED' } },
    ]);
  });
});

describe('the rate of a scan', () => {
  test.each([
    [0.5, PROVISIONED, 50, 500],
    [1, PROVISIONED, 100, 500],
    [0.5, { ...PROVISIONED, readUnits: 1 }, 0.5, 150],
    [30, PROVISIONED, 30, 0],
    [0.25, { ...PROVISIONED, mode: 'PAY_PER_REQUEST', readUnits: 0 } as const, 10_000, 0],
    [1.5, { ...PROVISIONED, mode: 'PAY_PER_REQUEST', readUnits: 0 } as const, 1.5, 0],
  ])('%s of %o is %s units a second, %s at once', (readCapacity, billing, unitsPerSecond, burstUnits) => {
    expect(readRate(readCapacity, billing)).toEqual({ unitsPerSecond, burstUnits });
  });

  test('holds for all segments of a table together', async () => {
    const world = new ScanWorld();
    world.itemsPerSegment = 100;
    world.pageItems = 1;
    world.unitsPerPage = 2;
    const snapshot = await world.take(null);
    const startMs = world.clock.nowMs;
    for (const segment of [0, 1, 2, 3]) {
      await world.read(`segment-${segment}`, snapshot, null, Number.POSITIVE_INFINITY, { readCapacity: 20 });
    }
    // 4 segments × 99 pauses × 2 units, less a second’s worth in advance.
    expect(world.clock.nowMs - startMs).toBeGreaterThanOrEqual(((4 * 99 * 2 - 20) / 20) * 1000);
  });
});
