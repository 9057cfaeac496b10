import { describe, expect, test } from 'vitest';
import { ConnectError } from '../../../connectors/errors.ts';
import { DynamoDbError } from '../../../dynamodb/errors.ts';
import { ARN, EPOCH, HOUR, MINUTE, START, StreamWorld } from './stream-world.ts';

const ROOT_VERSION = EPOCH.version0 + 1_000_000;
const gap = expect.objectContaining({ code: 'SOURCE_DATA_GAP' });
const throttle = () => new DynamoDbError('ThrottlingException', 'slow down', { status: 400 });

describe('reading a shard', () => {
  test('begins at TRIM_HORIZON, pages through all records in order and ends when the shard is drained', async () => {
    const world = new StreamWorld();
    const shard = world.shard('root');
    const written = Array.from({ length: 25 }, (_, i) => world.write(shard, `k${i}`, 'x').sequence);
    shard.closed = true;
    world.recordsMax = 10;
    const reading = await world.open('root');
    const last = await reading.drain();
    expect(world.calls[0]).toBe('shardIterator TRIM_HORIZON');
    expect(reading.sequences).toEqual(written);
    expect(last.position).toMatchObject({ sequence: written.at(-1), published: true });
    expect(last.bytes).toBeGreaterThan(0);
  });

  test('goes on behind the stored position, with the same versions as if it had never stopped', async () => {
    const world = new StreamWorld();
    const shard = world.shard('root');
    world.coarseMs = MINUTE;
    for (let i = 0; i < 12; i++) world.write(shard, 'hot', `${i}`);
    shard.closed = true;
    world.recordsMax = 4;
    const whole = await world.open('root');
    await whole.drain();
    const first = await world.open('root');
    await first.poll();
    const second = await world.open('root', { position: first.position });
    await second.drain();
    expect(second.sequences).toEqual(whole.sequences.slice(4));
    expect([...first.versions, ...second.versions]).toEqual(whole.versions);
    expect(new Set(whole.versions).size).toBe(12);
    expect(world.calls).toContain(`shardIterator ${whole.sequences[3]}`);
  });

  test('continues the versions of the parent in the child, although creation times are the same minute', async () => {
    const world = new StreamWorld();
    world.coarseMs = MINUTE;
    const parent = world.shard('root');
    for (let i = 0; i < 3; i++) world.write(parent, 'hot', `${i}`);
    parent.closed = true;
    const child = world.shard('child', 'root');
    world.write(child, 'hot', 'last');
    const first = await world.open('root');
    const { position } = await first.drain();
    const second = await world.open('child', { after: ['root'], parents: [position] });
    await second.poll();
    expect(second.versions[0]).toBe(first.versions.at(-1)! + 1);
  });

  test('starts a root above all ranks of the epoch’s snapshots', async () => {
    const world = new StreamWorld();
    world.write(world.shard('root'), 'k', 'x', { acdtMs: START });
    const reading = await world.open('root', { epoch: { ...EPOCH, version0: START * 1000 + 5_000_000 } });
    await reading.poll();
    expect(reading.versions).toEqual([START * 1000 + 6_000_001]);
    expect(ROOT_VERSION).toBeGreaterThan(EPOCH.version0);
  });

  test('refuses a child whose parent was never read', async () => {
    const world = new StreamWorld();
    world.shard('child', 'root');
    await expect(world.open('child', { after: ['root'] })).rejects.toEqual(gap);
  });

  test('renews an iterator that expired, behind the last record', async () => {
    const world = new StreamWorld();
    const shard = world.shard('root');
    const reading = await world.open('root');
    const { sequence } = world.write(shard, 'a', '1');
    await reading.poll();
    world.clock.advance(16 * MINUTE);
    world.write(shard, 'b', '2');
    await reading.poll();
    expect(reading.sequences).toHaveLength(2);
    expect(world.calls.filter((call) => call.startsWith('shardIterator'))).toEqual([
      'shardIterator TRIM_HORIZON',
      `shardIterator ${sequence}`,
    ]);
  });

  test('renews an expired iterator at TRIM_HORIZON when nothing was read yet', async () => {
    const world = new StreamWorld();
    const shard = world.shard('root');
    const reading = await world.open('root');
    await reading.poll();
    world.clock.advance(16 * MINUTE);
    world.write(shard, 'a', '1');
    await reading.poll();
    expect(reading.sequences).toHaveLength(1);
    expect(world.calls.at(-2)).toBe('shardIterator TRIM_HORIZON');
  });

  test('waits out throttles', async () => {
    const world = new StreamWorld();
    world.write(world.shard('root'), 'a', '1');
    world.faults.getRecords = [throttle(), throttle(), throttle()];
    world.faults.shardIterator = [throttle()];
    const reading = await world.open('root');
    expect((await reading.poll()).records).toHaveLength(1);
    expect(world.clock.sleeps).toHaveLength(4);
  });

  test('says that it is throttled when that does not end, and stops at once when the task does', async () => {
    const world = new StreamWorld();
    world.shard('root');
    world.faults.getRecords = Array.from({ length: 100 }, throttle);
    const reading = await world.open('root');
    await expect(reading.poll()).rejects.toMatchObject({ code: 'SOURCE_THROTTLED', remedy: 'retry' });
    world.abort.abort(new Error('stopping'));
    await expect(reading.poll()).rejects.toThrow('stopping');
  });

  test('reads without pause while records wait, every 250 ms until it knows the end, then once a second', async () => {
    const world = new StreamWorld();
    const shard = world.shard('root');
    for (let i = 0; i < 2000; i++) world.write(shard, `k${i}`, 'x');
    const reading = await world.open('root');
    await reading.poll(6);
    expect(world.clock.sleeps).toEqual([250, 250, 1000]);
    expect(reading.batches.map((batch) => batch.records.length)).toEqual([1000, 1000, 0, 0, 0, 0]);
  });

  test('does not wait long for a closed shard', async () => {
    const world = new StreamWorld();
    world.shard('root');
    const reading = await world.open('root', { open: false });
    await reading.poll(3);
    expect(world.clock.sleeps).toEqual([100, 100]);
  });

  test('fails a poll on a record without images', async () => {
    const world = new StreamWorld();
    world.write(world.shard('root'), 'a', null, { viewType: 'KEYS_ONLY' });
    const reading = await world.open('root');
    await expect(reading.poll()).rejects.toMatchObject({ code: 'SOURCE_STREAM_UNSUITABLE' });
  });

  test('sets a record that cannot be decoded aside, and goes on behind it', async () => {
    const world = new StreamWorld();
    const shard = world.shard('root');
    const bad = world.write(shard, 'a', 'x', { newImage: { id: { S: 'a' }, n: { N: '1e999' } } });
    const good = world.write(shard, 'b', 'x');
    const reading = await world.open('root');
    const batch = await reading.poll();
    expect(reading.sequences).toEqual([good.sequence]);
    expect(batch.rejected).toHaveLength(1);
    const [{ error, bytes }] = batch.rejected as [(typeof batch.rejected)[0]];
    expect(error).toMatchObject({
      code: 'RECORD_NUMBER',
      detail: { table: 'Music', shard: 'root', sequence: bad.sequence },
    });
    expect(error.message).not.toContain('1e999');
    expect(JSON.parse(bytes.toString())).toMatchObject({ sequence: bad.sequence });
  });
});

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
    const reading = await world.open('root');
    const batch = await reading.poll();
    expect(batch).toMatchObject({ done: true, capture: { coverageMs: START - 24 * HOUR + 30 * MINUTE } });
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

  test('a position that cannot be read halts', async () => {
    const world = new StreamWorld();
    world.shard('root');
    const opening = world.open('root', { position: { sequence: 5 } });
    await expect(opening).rejects.toBeInstanceOf(ConnectError);
    await expect(world.open('root', { position: {} })).rejects.toMatchObject({ code: 'KAFKA_TOPIC_CORRUPT' });
  });
});

describe('coverage', () => {
  test('records more than two minutes older than it are not published, but move position and version', async () => {
    const world = new StreamWorld();
    const shard = world.shard('root');
    const coverageMs = START + 10 * MINUTE;
    const older = world.write(shard, 'a', '1');
    world.clock.advance(8 * MINUTE - 1000);
    const old = world.write(shard, 'a', '2');
    const reading = await world.open('root', { coverageMs });
    const batch = await reading.poll();
    expect(batch.records).toHaveLength(0);
    expect(batch.position).toMatchObject({
      sequence: old.sequence,
      version: old.acdtMs * 1000,
      readMs: old.acdtMs,
      published: false,
    });
    expect(older.acdtMs).toBeLessThan(old.acdtMs);
    world.clock.advance(1000);
    world.write(shard, 'a', '3');
    const next = await reading.poll();
    expect(next.records).toHaveLength(1);
    expect(next.position).toMatchObject({ published: true });
  });

  test('of an old stream begins where the shard is first read, and older records are left to the snapshot', async () => {
    const world = new StreamWorld();
    const shard = world.shard('root');
    for (let i = 0; i < 24 * 4; i++) {
      world.write(shard, 'a', `${i}`);
      world.clock.advance(15 * MINUTE);
    }
    const reading = await world.open('root', { coverageMs: START - 90 * HOUR });
    const batch = await reading.poll();
    expect(batch.capture?.coverageMs).toBe(START + 30 * MINUTE);
    // Those of 0:00 and 0:15 are too old; that of 0:30 is not.
    expect(batch.records).toHaveLength(94);
  });

  test('that a parent limited stays so for its children', async () => {
    const world = new StreamWorld();
    world.shard('root').closed = true;
    const { position } = await (await world.open('root')).drain();
    world.shard('child', 'root');
    const child = await world.open('child', { after: ['root'], parents: [position] });
    expect((await child.poll()).capture?.coverageMs).toBe(START - 24 * HOUR + 30 * MINUTE);
  });
});

describe('the time everything is read to', () => {
  test('is unknown at first, then that of the last poll, and of a drained shard that of its end', async () => {
    const world = new StreamWorld();
    const shard = world.shard('root');
    const reading = await world.open('root');
    await reading.poll(2);
    expect(reading.batches.at(-1)!.capture?.readToMs).toBeNull();
    await reading.poll(3);
    expect(reading.batches.at(-1)!.capture?.readToMs).toBe(world.serverTimeMs);
    shard.closed = true;
    const last = await reading.drain();
    expect(last.capture?.readToMs).toBe(world.serverTimeMs);
    expect(ARN).toContain('stream');
  });
});
