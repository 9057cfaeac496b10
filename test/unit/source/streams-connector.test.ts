import { describe, expect, test } from 'vitest';
import { DynamoDbError } from '../../../dynamodb/errors.ts';
import { ARN, EPOCH, START, StreamWorld } from './stream-world.ts';

const gap = expect.objectContaining({ code: 'SOURCE_DATA_GAP' });
const off = { arn: ARN, viewType: '', enabled: false };
const refused = (code: string) => new DynamoDbError(code, 'refused', { status: 400 });

describe('beginning a capture', () => {
  test('uses the stream that is there, and lists the shards where lineages begin', async () => {
    const world = new StreamWorld();
    world.pageSize = 2;
    world.shard('gone-child', 'gone');
    world.shard('b', 'a');
    world.shard('a');
    world.shard('c', 'b');
    world.shard('d');
    const facts = await world.capture();
    expect(facts).toEqual({
      streamArn: ARN,
      createdMs: START,
      // It has waited until the missing parent was surely gone.
      serverTimeMs: START + 15_000,
      roots: ['gone-child', 'a', 'd'],
      enabled: false,
    });
    expect(world.enabled).toBe(0);
  });

  test('takes no shard for a root whose parent is listed a moment later (rule C5)', async () => {
    const world = new StreamWorld();
    world.shard('a');
    world.shard('grandchild', 'child');
    const sleep = world.clock.sleep.bind(world.clock);
    let waits = 0;
    world.clock.sleep = async (ms, signal) => {
      waits += 1;
      if (waits === 5) world.shard('child', 'a');
      return sleep(ms, signal);
    };
    expect((await world.capture()).roots).toEqual(['a']);
  });

  test('enables a stream where there is none, and waits until its shards are listed', async () => {
    const world = new StreamWorld();
    world.table = { ...world.table, stream: null };
    world.stream = { ...world.stream, status: 'ENABLING' };
    const sleep = world.clock.sleep.bind(world.clock);
    let waits = 0;
    world.clock.sleep = async (ms, signal) => {
      waits += 1;
      if (waits === 3) world.stream = { ...world.stream, status: 'ENABLED' };
      if (waits === 5) world.shard('root');
      return sleep(ms, signal);
    };
    expect(await world.capture()).toMatchObject({ roots: ['root'], enabled: true });
    expect(world.enabled).toBe(1);
  });

  test('enables again a stream that was disabled', async () => {
    const world = new StreamWorld();
    world.shard('root');
    world.table = { ...world.table, stream: off };
    await world.capture();
    expect(world.enabled).toBe(1);
  });

  test('waits while the table is being changed', async () => {
    const world = new StreamWorld();
    world.shard('root');
    world.table = { ...world.table, stream: off };
    world.faults.enableStream = [refused('ResourceInUseException'), refused('STREAM_NOT_ENABLED')];
    expect((await world.capture()).enabled).toBe(true);
    expect(world.enabled).toBe(1);
  });

  test('says what the service refuses', async () => {
    const world = new StreamWorld();
    world.table = { ...world.table, stream: null };
    world.faults.enableStream = [refused('AccessDeniedException')];
    await expect(world.capture()).rejects.toMatchObject({ code: 'SOURCE_ACCESS_DENIED' });
  });

  test.each(['KEYS_ONLY', 'OLD_IMAGE'])('refuses a stream of %s', async (viewType) => {
    const world = new StreamWorld();
    world.shard('root');
    world.table = { ...world.table, stream: { arn: ARN, viewType, enabled: true } };
    await expect(world.capture()).rejects.toMatchObject({ code: 'SOURCE_STREAM_UNSUITABLE', exit: 4 });
    expect(await world.check()).toMatchObject([
      { table: 'Music', error: { code: 'SOURCE_STREAM_UNSUITABLE' } },
    ]);
  });

  test('finds nothing wrong with a table that has no stream yet', async () => {
    const world = new StreamWorld();
    world.table = { ...world.table, stream: null };
    expect(await world.check()).toEqual([]);
    expect(world.enabled).toBe(0);
  });

  test('begins coverage now where the service does not say when the stream was made', async () => {
    const world = new StreamWorld();
    world.shard('root');
    world.stream = { ...world.stream, createdMs: null };
    expect(await world.capture()).toMatchObject({ createdMs: START });
  });
});

describe('discovering shards', () => {
  test('puts each behind its parent, listed or not, unless its lineage begins with it', async () => {
    const world = new StreamWorld();
    world.shard('root', 'gone');
    const epoch = await world.epoch();
    world.clock.advance(2000);
    world.shard('child', 'root');
    world.shard('orphan', 'never-seen');
    world.shard('new');
    const found = await world.discover(epoch);
    expect(found.map(({ id, after, facts }) => [id, after, facts?.['open']])).toEqual([
      ['root', [], false],
      ['child', ['root'], true],
      ['orphan', ['never-seen'], true],
      ['new', [], true],
    ]);
  });

  test('takes an open parent that has children as closed', async () => {
    const world = new StreamWorld();
    world.shard('root').closed = false;
    world.shard('child', 'root');
    const found = await world.discover(EPOCH);
    expect(found.find(({ id }) => id === 'root')?.facts).toEqual({ parent: null, open: false });
  });

  test('reads every page, at most ten calls a second, once for all who ask at the same time', async () => {
    const world = new StreamWorld();
    for (let i = 0; i < 10_000; i++) world.shard(`s${i}`, i === 0 ? null : `s${i - 1}`);
    const lists = await Promise.all(Array.from({ length: 20 }, () => world.discover(EPOCH)));
    for (const list of lists) expect(list).toHaveLength(10_000);
    expect(world.listedAtMs).toHaveLength(100);
    for (let i = 10; i < 100; i++)
      expect(world.listedAtMs[i]! - world.listedAtMs[i - 10]!).toBeGreaterThanOrEqual(1000);
    // Long lists are given out as long as they took.
    world.clock.advance(5000);
    await world.discover(EPOCH);
    expect(world.listedAtMs).toHaveLength(100);
    world.clock.advance(6000);
    await world.discover(EPOCH);
    expect(world.listedAtMs).toHaveLength(200);
  });

  test('sees new children a second later', async () => {
    const world = new StreamWorld();
    world.shard('root');
    await world.discover(EPOCH);
    world.shard('child', 'root');
    expect(await world.discover(EPOCH)).toHaveLength(1);
    world.clock.advance(1000);
    expect(await world.discover(EPOCH)).toHaveLength(2);
  });

  test('survives throttles, and the abort of one of those who ask', async () => {
    const world = new StreamWorld();
    world.shard('root');
    world.faults.describeStream = [refused('LimitExceededException'), refused('LimitExceededException')];
    const leaving = new AbortController();
    const left = world.discover(EPOCH, { ...world.context, signal: leaving.signal });
    const stays = world.discover(EPOCH);
    leaving.abort(new Error('leaving'));
    await expect(left).rejects.toThrow('leaving');
    expect(await stays).toHaveLength(1);
  });

  test.each([
    ['another stream', { stream: { arn: `${ARN}-2`, viewType: 'NEW_IMAGE', enabled: true } }],
    ['no stream', { stream: null }],
    ['a disabled stream', { stream: off }],
    ['another TableId', { id: 'table-2' }],
  ])('finds a gap in %s', async (_, change) => {
    const world = new StreamWorld();
    world.shard('root');
    world.table = { ...world.table, ...change };
    await expect(world.discover(EPOCH)).rejects.toEqual(gap);
  });

  test('believes a stand-in without TableIds', async () => {
    const world = new StreamWorld();
    world.shard('root');
    world.table = { ...world.table, id: null };
    expect(await world.discover(EPOCH)).toHaveLength(1);
  });

  test('tries again when the stream of the table is not to be found', async () => {
    const world = new StreamWorld();
    world.faults.describeStream = [refused('ResourceNotFoundException')];
    await expect(world.discover(EPOCH)).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      remedy: 'retry',
    });
  });

  test('tries again when the listing cannot be had', async () => {
    const world = new StreamWorld();
    world.faults.describeStream = Array.from({ length: 50 }, () => refused('InternalServerError'));
    await expect(world.discover(EPOCH)).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      remedy: 'retry',
    });
  });
});
