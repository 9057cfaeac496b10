import { type ControlClient, createControlClient } from '../../../dynamodb/control-client.ts';
import { type StubHandler, type StubServer, sendError, sendJson } from './stub-server.ts';

export const DATE_MS = Date.UTC(2025, 10, 21, 1, 2, 3);
export const STREAM_ARN = 'arn:aws:dynamodb:r:1:table/T/stream/2025';

export const TABLE = {
  TableName: 'T',
  TableArn: 'arn:aws:dynamodb:r:1:table/T',
  TableId: 'id-1',
  TableStatus: 'ACTIVE',
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'N' },
    { AttributeName: 'other', AttributeType: 'B' },
  ],
  KeySchema: [
    { AttributeName: 'sk', KeyType: 'RANGE' },
    { AttributeName: 'pk', KeyType: 'HASH' },
  ],
  ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 6 },
  ItemCount: 7,
  TableSizeBytes: 800,
  LocalSecondaryIndexes: [
    {
      IndexName: 'L',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'other', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['x'] },
    },
  ],
  LatestStreamArn: STREAM_ARN,
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
};

export function answer(body: object): StubHandler {
  return (_, response) => {
    response.setHeader('Date', new Date(DATE_MS).toUTCString());
    sendJson(response, 200, body);
  };
}

export const refuse =
  (code: string, status = 400): StubHandler =>
  (_, response) =>
    sendError(response, status, code, 'no');

export function clientOf(stub: StubServer, attemptsMax = 1): ControlClient {
  const endpoints = { tables: stub.endpoint, streams: stub.endpoint };
  return createControlClient({ region: 'none', endpoints, credentials: 'none', attemptsMax });
}

export function bodyOf(stub: StubServer, index: number): unknown {
  return JSON.parse(stub.requests[index]?.body ?? 'null');
}
