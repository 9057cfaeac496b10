import { describe, expect, test } from 'vitest';
import { describeStream, getShardIterator } from '../../../dynamodb/shards.ts';
import { enableStream } from '../../../dynamodb/table-changes.ts';
import { answer, bodyOf, clientOf, DATE_MS, refuse, STREAM_ARN, TABLE } from './control-world.ts';
import { inTurn, startStub } from './stub-server.ts';

describe('enabling a stream', () => {
  const without = { ...TABLE, StreamSpecification: undefined, LatestStreamArn: undefined };

  test('leaves one that is enabled as it is', async () => {
    await using stub = await startStub(answer({ Table: TABLE }));
    using client = clientOf(stub);
    const enabled = await enableStream(client, 'T', 'NEW_AND_OLD_IMAGES');
    expect(enabled).toMatchObject({ enabledNow: false, stream: { viewType: 'NEW_IMAGE' } });
    expect(stub.requests).toHaveLength(1);
  });

  test('enables one that is not', async () => {
    await using stub = await startStub(
      inTurn(answer({ Table: without }), answer({}), answer({ Table: TABLE })),
    );
    using client = clientOf(stub);
    expect(await enableStream(client, 'T', 'NEW_IMAGE')).toMatchObject({
      enabledNow: true,
      stream: { arn: STREAM_ARN },
    });
    expect(bodyOf(stub, 1)).toMatchObject({
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    });
  });

  test.each(['ValidationException', 'ResourceInUseException'])(
    'finds it enabled by somebody else after %s',
    async (code) => {
      await using stub = await startStub(
        inTurn(answer({ Table: without }), refuse(code), answer({ Table: TABLE })),
      );
      using client = clientOf(stub);
      expect(await enableStream(client, 'T', 'NEW_IMAGE')).toMatchObject({ enabledNow: false });
    },
  );

  test('throws a refusal that did not come from an enabled stream', async () => {
    await using stub = await startStub(
      inTurn(answer({ Table: without }), refuse('ValidationException'), answer({ Table: without })),
    );
    using client = clientOf(stub);
    await expect(enableStream(client, 'T', 'NEW_IMAGE')).rejects.toMatchObject({ kind: 'validation' });
  });
});

describe('a stream', () => {
  test('is described a page at a time', async () => {
    const range = { StartingSequenceNumber: '1', EndingSequenceNumber: '2' };
    await using stub = await startStub(
      answer({
        StreamDescription: {
          StreamArn: STREAM_ARN,
          TableName: 'T',
          StreamStatus: 'ENABLED',
          StreamViewType: 'NEW_IMAGE',
          CreationRequestDateTime: 1_700_000_000.25,
          LastEvaluatedShardId: 's2',
          Shards: [
            { ShardId: 's1', SequenceNumberRange: range },
            { ShardId: 's2', ParentShardId: 's1', SequenceNumberRange: { StartingSequenceNumber: '3' } },
          ],
        },
      }),
    );
    using client = clientOf(stub);
    expect(await describeStream(client, STREAM_ARN, { after: 's0', limit: 50 })).toEqual({
      arn: STREAM_ARN,
      table: 'T',
      status: 'ENABLED',
      viewType: 'NEW_IMAGE',
      createdMs: 1_700_000_000_250,
      shards: [
        { id: 's1', parent: null, firstSequence: '1', lastSequence: '2' },
        { id: 's2', parent: 's1', firstSequence: '3', lastSequence: null },
      ],
      lastShard: 's2',
      serverTimeMs: DATE_MS,
    });
    expect(bodyOf(stub, 0)).toEqual({ StreamArn: STREAM_ARN, ExclusiveStartShardId: 's0', Limit: 50 });
  });

  test('tells the children of a shard', async () => {
    await using stub = await startStub(answer({ StreamDescription: { StreamArn: STREAM_ARN } }));
    using client = clientOf(stub);
    expect(await describeStream(client, STREAM_ARN, { childrenOf: 's1' })).toMatchObject({ lastShard: null });
    expect(bodyOf(stub, 0)).toEqual({
      StreamArn: STREAM_ARN,
      ShardFilter: { Type: 'CHILD_SHARDS', ShardId: 's1' },
    });
  });

  test.each([
    ['TRIM_HORIZON' as const, { ShardIteratorType: 'TRIM_HORIZON' }],
    [{ after: '12' }, { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '12' }],
    [{ at: '12' }, { ShardIteratorType: 'AT_SEQUENCE_NUMBER', SequenceNumber: '12' }],
  ])('gives an iterator from %j on', async (start, expected) => {
    await using stub = await startStub(answer({ ShardIterator: 'it' }));
    using client = clientOf(stub);
    expect(await getShardIterator(client, STREAM_ARN, 's1', start)).toEqual({
      iterator: 'it',
      serverTimeMs: DATE_MS,
    });
    expect(bodyOf(stub, 0)).toEqual({ StreamArn: STREAM_ARN, ShardId: 's1', ...expected });
  });

  test('that was trimmed says so', async () => {
    await using stub = await startStub(refuse('TrimmedDataAccessException'));
    using client = clientOf(stub);
    const call = getShardIterator(client, STREAM_ARN, 's1', { after: '1' });
    await expect(call).rejects.toMatchObject({ kind: 'trimmed' });
  });
});
