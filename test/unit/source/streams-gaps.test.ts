import { describe, expect, test } from 'vitest';
import { ConnectError } from '../../../connectors/errors.ts';
import { DynamoDbError, fromSdk } from '../../../dynamodb/errors.ts';
import { EPOCH, HOUR, MINUTE, START, StreamWorld } from './stream-world.ts';

const ROOT_VERSION = EPOCH.version0 + 1_000_000;
const gap = expect.objectContaining({ code: 'SOURCE_DATA_GAP' });

describe('what is lost', () => {
  const published = async (world: StreamWorld) => {
    const shard = world.shard('root');
    world.write(shard, 'a', '1');
    const reading = await world.open('root');
    await reading.poll();
    return { shard, position: reading.position };
  };

  test('nothing, when less than a day passes', async () => {
    const world = new StreamWorld();
    const { shard, position } = await published(world);
    world.clock.advance(23 * HOUR);
    world.write(shard, 'b', '2');
    const reading = await world.open('root', { position });
    await reading.poll();
    expect(reading.sequences).toHaveLength(1);
  });

  test('a silence of a day behind something published is a gap, although the service says nothing', async () => {
    const world = new StreamWorld();
    const { shard, position } = await published(world);
    shard.records.length = 0;
    shard.writtenMs.length = 0;
    world.clock.advance(24 * HOUR - 5 * MINUTE + 1000);
    world.write(shard, 'b', '2');
    const trimmedNow = await world.open('root', { position: { ...position, sequence: null } });
    await expect(trimmedNow.poll()).rejects.toEqual(gap);
  });

  test('a silence of a day below which nothing was published only lets coverage rise', async () => {
    const world = new StreamWorld();
    const shard = world.shard('root');
    const first = await world.open('root');
    const { capture } = await first.poll();
    expect(capture).toMatchObject({ coverageMs: START - 24 * HOUR + 30 * MINUTE });
    world.clock.advance(30 * HOUR);
    world.write(shard, 'a', '1');
    const second = await world.open('root', { position: first.position });
    const batch = await second.poll();
    expect(batch.records).toHaveLength(1);
    expect(batch.capture?.coverageMs).toBe(START + 6 * HOUR + 30 * MINUTE);
    expect(batch.position).toMatchObject({ published: true, readMs: START + 30 * HOUR });
  });

  test('a child of something published, first read a day after its parent’s end, is a gap', async () => {
    const world = new StreamWorld();
    const { shard, position } = await published(world);
    shard.closed = true;
    world.clock.advance(HOUR);
    world.shard('child', 'root');
    const drained = await (await world.open('root', { position })).drain();
    expect(drained.position).toMatchObject({ readMs: START });
    world.clock.advance(23 * HOUR);
    const child = await world.open('child', { after: ['root'], parents: [drained.position] });
    await expect(child.poll()).rejects.toEqual(gap);
  });

  test('nothing on an idle shard that is polled: p moves at the tip, and its position tells so every few minutes', async () => {
    const world = new StreamWorld();
    await published(world);
    const reading = await world.open('root');
    while (world.clock.nowMs < START + 30 * HOUR) {
      await reading.poll();
      world.clock.advance(9_000);
    }
    const read = [...new Set(reading.batches.map((batch) => Number(batch.position['readMs'])))];
    const steps = read.slice(1).map((ms, i) => ms - read[i]!);
    expect(Math.max(...steps)).toBeLessThanOrEqual(5 * MINUTE);
    expect(Math.min(...steps.slice(1))).toBeGreaterThanOrEqual(3 * MINUTE);
    expect(reading.batches.at(-1)!.records).toHaveLength(0);
  });

  test('p does not move at the end of a shard that is closed: its children may hold what is not read', async () => {
    const world = new StreamWorld();
    const shard = world.shard('root');
    world.write(shard, 'a', '1');
    const reading = await world.open('root');
    await reading.poll();
    world.shard('child', 'root');
    await reading.poll(200);
    expect(reading.position).toMatchObject({ readMs: START });
  });

  test('a trimmed position is none if its own record was due to go and p is young', async () => {
    const world = new StreamWorld();
    const shard = world.shard('root');
    const old = world.write(shard, 'a', '1');
    const young = START + 22 * HOUR;
    const position = {
      sequence: old.sequence,
      recordMs: START,
      version: 5,
      readMs: young,
      published: true,
      coverageMs: 0,
      after: '',
    };
    world.clock.advance(23 * HOUR);
    const next = world.write(shard, 'b', '2');
    world.clock.advance(HOUR + MINUTE);
    const reading = await world.open('root', { position });
    await reading.poll();
    expect(world.calls).toContain('shardIterator TRIM_HORIZON');
    expect(reading.sequences).toEqual([next.sequence]);
  });

  test('from the horizon, records up to the position are not read twice', async () => {
    const world = new StreamWorld();
    const shard = world.shard('root');
    const before = [world.write(shard, 'a', '1'), world.write(shard, 'a', '2')];
    const position = {
      sequence: before[1]!.sequence,
      recordMs: START,
      version: 5,
      readMs: START + 23 * HOUR,
      published: true,
      coverageMs: 0,
      after: '',
    };
    world.clock.advance(24 * HOUR - MINUTE);
    const next = world.write(shard, 'b', '3');
    world.faults.shardIterator = [
      new DynamoDbError('TrimmedDataAccessException', 'trimmed', { status: 400 }),
    ];
    const reading = await world.open('root', { position });
    await reading.poll();
    expect(reading.sequences).toEqual([next.sequence]);
  });

  test('a trimmed position whose record should still be there is a gap', async () => {
    const world = new StreamWorld();
    const { position } = await published(world);
    world.faults.shardIterator = [
      new DynamoDbError('TrimmedDataAccessException', 'trimmed', { status: 400 }),
    ];
    const reading = await world.open('root', { position });
    await expect(reading.poll()).rejects.toEqual(gap);
  });

  const trimmed = (times: number) =>
    Array.from(
      { length: times },
      () => new DynamoDbError('TrimmedDataAccessException', 'trimmed', { status: 400 }),
    );

  test('an oldest record that is trimmed while it is asked for is asked for again', async () => {
    const world = new StreamWorld();
    world.write(world.shard('root'), 'a', '1');
    world.faults.getRecords = trimmed(3);
    const reading = await world.open('root');
    expect((await reading.poll()).records).toHaveLength(1);
  });

  test('a shard that cannot be read from its oldest record is a gap behind something published, else tried again', async () => {
    const world = new StreamWorld();
    const { shard, position } = await published(world);
    shard.closed = true;
    world.shard('child', 'root');
    world.faults.getRecords = trimmed(100);
    const child = await world.open('child', { after: ['root'], parents: [position] });
    await expect(child.poll()).rejects.toEqual(gap);
    const root = await world.open('root');
    await expect(root.poll()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
  });

  test('an iterator that falls behind the horizon is taken anew from the position', async () => {
    const world = new StreamWorld();
    const shard = world.shard('root');
    const { sequence } = world.write(shard, 'a', '1');
    const reading = await world.open('root');
    await reading.poll();
    world.write(shard, 'b', '2');
    world.faults.getRecords = [new DynamoDbError('TrimmedDataAccessException', 'trimmed', { status: 400 })];
    await reading.poll();
    expect(reading.sequences).toHaveLength(2);
    expect(world.calls).toContain(`shardIterator ${sequence}`);
  });

  test('a shard that vanished before it was drained is a gap', async () => {
    const world = new StreamWorld();
    const { position } = await published(world);
    world.shards.delete('root');
    const reading = await world.open('root', { position });
    await expect(reading.poll()).rejects.toEqual(gap);
  });

  test('a shard that vanished while it was being read is a gap', async () => {
    const world = new StreamWorld();
    world.shard('root');
    const reading = await world.open('root');
    await reading.poll();
    world.shards.delete('root');
    await expect(reading.poll()).rejects.toEqual(gap);
  });

  test('a root that vanished before anything of it was read is drained, and coverage rises above it', async () => {
    const world = new StreamWorld();
    world.clock.advance(24 * HOUR);
    const reading = await world.open('root');
    const batch = await reading.poll();
    expect(batch).toMatchObject({ done: true, capture: { coverageMs: START + 30 * MINUTE } });
    expect(batch.position).toMatchObject({ sequence: null, version: ROOT_VERSION, published: false });
  });

  test('a listed shard that cannot be found is tried again', async () => {
    const world = new StreamWorld();
    world.shard('root');
    world.faults.shardIterator = [new DynamoDbError('ResourceNotFoundException', 'not yet', { status: 400 })];
    const reading = await world.open('root');
    await expect(reading.poll()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE', remedy: 'retry' });
    expect((await reading.poll()).records).toHaveLength(0);
  });

  test('one that neither listing nor iterator knows is read later, while it is too young to be gone', async () => {
    const world = new StreamWorld();
    const shard = world.shard('root');
    const change = world.write(shard, 'a', '1');
    world.shards.delete('root');
    const root = await world.open('root');
    await expect(root.poll()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE', remedy: 'retry' });
    world.shards.set('root', shard);
    expect((await root.poll()).records).toHaveLength(1);
    shard.closed = true;
    const parent = await world.open('root');
    await parent.drain();
    const child = await world.open('child', {
      after: ['root'],
      parents: [{ ...parent.position, published: false }],
    });
    world.clock.advance(23 * HOUR);
    await expect(child.poll()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    world.clock.advance(HOUR);
    expect(await child.poll()).toMatchObject({ done: true });
    expect(root.sequences).toEqual([change.sequence]);
  });

  test('a shard that is listed is not lost because an iterator was refused once', async () => {
    const world = new StreamWorld();
    world.write(world.shard('root'), 'a', '1');
    const { position } = await (await world.open('root')).poll();
    const reading = await world.open('root', { position });
    world.faults.shardIterator = [new DynamoDbError('ResourceNotFoundException', 'not now', { status: 400 })];
    await expect(reading.poll()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect((await reading.poll()).done).toBe(false);
  });

  test('a vanished root is asked for again while the list of shards cannot be had', async () => {
    const world = new StreamWorld();
    world.clock.advance(24 * HOUR);
    world.faults.describeStream = [
      new DynamoDbError('AccessDeniedException', 'not now', { status: 400 }),
      new DynamoDbError('ResourceNotFoundException', 'not yet', { status: 400 }),
      ...Array.from({ length: 10 }, () => new DynamoDbError('InternalServerError', 'away', { status: 500 })),
    ];
    const reading = await world.open('root');
    await expect(reading.poll()).rejects.toMatchObject({ code: 'SOURCE_ACCESS_DENIED' });
    await expect(reading.poll()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    await expect(reading.poll()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect(await reading.poll()).toMatchObject({ done: true });
  });

  test('credentials that nobody gives for a while do not halt a table', async () => {
    const world = new StreamWorld();
    world.write(world.shard('root'), 'a', '1');
    const reading = await world.open('root');
    world.faults.getRecords = [
      fromSdk(Object.assign(new Error('the metadata service is away'), { name: 'CredentialsProviderError' })),
    ];
    await expect(reading.poll()).rejects.toMatchObject({ code: 'SOURCE_CREDENTIALS', remedy: 'retry' });
    expect((await reading.poll()).records).toHaveLength(1);
  });

  test('a position that cannot be read halts', async () => {
    const world = new StreamWorld();
    world.shard('root');
    const opening = world.open('root', { position: { sequence: 5 } });
    await expect(opening).rejects.toBeInstanceOf(ConnectError);
    await expect(world.open('root', { position: {} })).rejects.toMatchObject({ code: 'KAFKA_TOPIC_CORRUPT' });
  });
});
