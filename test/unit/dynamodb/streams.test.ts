import { describe, expect, test } from 'vitest';
import { getRecords } from '../../../dynamodb/streams.ts';
import { sendError, sendJson, startStub } from './stub-server.ts';

function record(more: object = {}, change: object = {}): object {
  return {
    eventID: 'e1',
    eventName: 'MODIFY',
    eventSource: 'aws:dynamodb',
    dynamodb: {
      ApproximateCreationDateTime: 1.7636868e9,
      Keys: { pk: { S: 'a' } },
      NewImage: { pk: { S: 'a' } },
      SequenceNumber: '28902000000000058232616929',
      SizeBytes: 10,
      StreamViewType: 'NEW_IMAGE',
      ...change,
    },
    ...more,
  };
}

async function read(body: object) {
  await using stub = await startStub((_, response) => sendJson(response, 200, body));
  await using client = stub.client();
  const page = await getRecords(client, 'it', 1000);
  expect(stub.requests[0]).toMatchObject({ target: 'DynamoDBStreams_20120810.GetRecords' });
  expect(JSON.parse(stub.requests[0]?.body ?? '')).toEqual({ ShardIterator: 'it', Limit: 1000 });
  return page;
}

describe('a page of records', () => {
  test('holds them as they came', async () => {
    const page = await read({ Records: [record()], NextShardIterator: 'next' });
    expect(page.next).toBe('next');
    expect(page.serverTimeMs).toBeGreaterThan(0);
    expect(page.records).toEqual([
      {
        eventId: 'e1',
        eventName: 'MODIFY',
        acdtMs: 1763686800000,
        sequence: '28902000000000058232616929',
        viewType: 'NEW_IMAGE',
        keys: { pk: { S: 'a' } },
        newImage: { pk: { S: 'a' } },
        oldImage: undefined,
        ttl: false,
      },
    ]);
  });

  test('without a next iterator is the end of the shard', async () => {
    expect(await read({ Records: [] })).toMatchObject({ records: [], next: null });
  });

  test('keeps fractions of a second', async () => {
    const page = await read({ Records: [record({}, { ApproximateCreationDateTime: 1763686800.123 })] });
    expect(page.records[0]?.acdtMs).toBe(1763686800123);
  });

  test.each([
    [{ type: 'Service', principalId: 'dynamodb.amazonaws.com' }, true],
    [{ Type: 'Service', PrincipalId: 'dynamodb.amazonaws.com' }, true],
    [{ type: 'Service', principalId: 'replication.dynamodb.amazonaws.com' }, false],
    [null, false],
  ])('with the identity %j is deleted by time to live: %s', async (userIdentity, ttl) => {
    const removed = record({ eventName: 'REMOVE', userIdentity }, { NewImage: undefined });
    const page = await read({ Records: [removed] });
    expect(page.records[0]).toMatchObject({ ttl, newImage: undefined });
  });

  test.each([
    ['no sequence number', record({}, { SequenceNumber: undefined })],
    ['a sequence number that is none', record({}, { SequenceNumber: '0x1' })],
    ['no time', record({}, { ApproximateCreationDateTime: undefined })],
    ['no keys', record({}, { Keys: undefined })],
  ])('with a record of %s throws', async (_, broken) => {
    await expect(read({ Records: [broken] })).rejects.toMatchObject({ code: 'CORRUPT_ANSWER' });
  });
});

test.each([
  ['ExpiredIteratorException', 'expired-iterator'],
  ['TrimmedDataAccessException', 'trimmed'],
  ['LimitExceededException', 'throttle'],
])('%s is told apart', async (code, kind) => {
  await using stub = await startStub((_, response) => sendError(response, 400, code));
  await using client = stub.client();
  await expect(getRecords(client, 'it', 1)).rejects.toMatchObject({ kind });
});
