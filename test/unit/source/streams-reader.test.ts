import { describe, expect, test } from 'vitest';
import { DynamoDbError } from '../../../dynamodb/errors.ts';
import { EPOCH, HOUR, MINUTE, START, StreamWorld } from './stream-world.ts';

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

  test('that rises behind a published change, as other shards are read later, makes no hole in what follows it', async () => {
    const world = new StreamWorld();
    const shard = world.shard('root');
    world.write(shard, 'a', '1');
    const before = await world.open('root');
    await before.poll();
    world.clock.advance(1000);
    const newer = world.write(shard, 'a', '2');
    shard.closed = true;
    const coverageMs = START + 10 * MINUTE;
    const reading = await world.open('root', { position: before.position, coverageMs });
    await reading.drain();
    expect(reading.sequences).toEqual([newer.sequence]);
    const newest = world.write(world.shard('child', 'root'), 'a', '3');
    const child = await world.open('child', { after: ['root'], parents: [reading.position], coverageMs });
    await child.poll();
    expect(child.sequences).toEqual([newest.sequence]);
  });

  test('without a snapshot nothing is too old to be published, and it is history: a hole in it is a gap', async () => {
    const world = new StreamWorld();
    world.options = { ...world.options, publishAll: true };
    const shard = world.shard('root');
    world.write(shard, 'a', '1');
    world.clock.advance(23.9 * HOUR);
    world.write(shard, 'a', '2');
    const reading = await world.open('root', { coverageMs: START + 24 * HOUR });
    const batch = await reading.poll();
    expect(batch.records).toHaveLength(2);
    expect(batch.position).toMatchObject({ published: true });
    world.clock.advance(25 * HOUR);
    await expect(reading.poll()).rejects.toEqual(gap);
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
  });
});
