import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { CredentialProvider } from '../../../dynamodb/credentials.ts';
import { clientsFor } from '../../../source/access.ts';
import { s3ExportSource } from '../../../source/export/connector.ts';
import { locate, parseLocation, placementsOf, urlOf } from '../../../source/export/locate.ts';
import { createS3Client, FilesAndS3 } from '../../../source/export/object-store.ts';
import { describeFacts, toFacts } from '../../../source/table-facts.ts';
import { optionsFor, song, TABLE_ARN, TABLE_ID, testContext, writeExport } from './export-fixture.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** An HTTP server that answers as a test says. */
async function serve(handler: Handler): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => handler(request, response, Buffer.concat(parts).toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const at = { bucket: 'b', key: 'p/x y.gz' };
const keys = { accessKeyId: 'a', secretAccessKey: 'b' };
const instantly = { now: () => 0, monotonic: () => 0, sleep: async () => {} };

function storeAt(endpoint: string, credentials: CredentialProvider = async () => keys): FilesAndS3 {
  const client = createS3Client({
    region: 'eu-west-1',
    endpoint,
    forcePathStyle: true,
    credentials,
    attemptsMax: 1,
  });
  return new FilesAndS3(() => client, instantly);
}

async function readWhole(store: FilesAndS3): Promise<string> {
  let text = '';
  for await (const chunk of store.read(at, new AbortController().signal)) text += chunk.toString();
  return text;
}

function refusal(status: number, code: string): Handler {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>because</Message></Error>`);
  };
}

describe('an object in S3', () => {
  test('is read on from the byte reached when the connection breaks, of the same version only', async () => {
    const content = 'abcdefghij'.repeat(20);
    const asked: (string | undefined)[] = [];
    await using server = await serve((request, response) => {
      asked.push(request.headers.range);
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      if (from > 0) expect(request.headers['if-match']).toBe('"v1"');
      const headers = { etag: '"v1"', 'content-length': content.length - from };
      response.writeHead(from === 0 ? 200 : 206, headers);
      const end = Math.min(from + 70, content.length);
      response.write(content.slice(from, end), () => {
        if (end < content.length) setImmediate(() => response.destroy());
        else response.end();
      });
    });
    expect(await readWhole(storeAt(server.url))).toBe(content);
    expect(asked).toEqual([undefined, 'bytes=70-', 'bytes=140-']);
  });

  test.each<[number, string, string]>([
    [404, 'NoSuchKey', 'EXPORT_FILE_MISSING'],
    [404, 'NoSuchBucket', 'EXPORT_FILE_MISSING'],
    [403, 'AccessDenied', 'SOURCE_ACCESS_DENIED'],
    [403, 'SignatureDoesNotMatch', 'SOURCE_ACCESS_DENIED'],
    [412, 'PreconditionFailed', 'EXPORT_CHECKSUM'],
    [500, 'InternalError', 'SOURCE_UNREACHABLE'],
    [503, 'SlowDown', 'SOURCE_THROTTLED'],
    [400, 'InvalidRequest', 'SOURCE_REFUSED'],
  ])(
    'that answers %i %s is an error of its own kind',
    { timeout: 30_000 },
    async (status, code, expected) => {
      await using server = await serve(refusal(status, code));
      await expect(readWhole(storeAt(server.url))).rejects.toMatchObject({ code: expected });
    },
  );

  test('is asked for again while nobody gives credentials', async () => {
    await using server = await serve(refusal(500, 'InternalError'));
    const away = Object.assign(new Error('the metadata service is away'), {
      name: 'CredentialsProviderError',
    });
    const store = storeAt(server.url, () => Promise.reject(away));
    const error = { code: 'SOURCE_CREDENTIALS', remedy: 'retry' };
    await expect(readWhole(store)).rejects.toMatchObject(error);
  });

  test('in a server that is not there is unreachable', { timeout: 30_000 }, async () => {
    const server = await serve(() => {});
    await server[Symbol.asyncDispose]();
    await expect(readWhole(storeAt(server.url))).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
  });
});

describe('a location', () => {
  test.each(['s3://b/p/x y%20.json', 'file:///tmp/a%20b.json'])('%s is written as it is read', (url) => {
    expect(urlOf(parseLocation(url))).toBe(url);
  });

  test.each(['s3://b', 'https://b/x', '/x', 'file://host/x'])('%s is refused', (url) => {
    expect(() => parseLocation(url)).toThrow(expect.objectContaining({ code: 'EXPORT_MANIFEST_MISSING' }));
  });

  const own = 'p/AWSDynamoDB/01/';
  const key = `${own}data/x.gz`;
  test.each<[string, string, string, readonly string[]]>([
    ['s3://b/p/AWSDynamoDB/01/m.json', own, key, ['s3://b/p/AWSDynamoDB/01/data/x.gz']],
    ['s3://b/q/m.json', own, key, [`s3://b/${key}`, `s3://b/q/${key}`, 's3://b/q/data/x.gz']],
    ['s3://b/q/m.json', '', 'data/x.gz', ['s3://b/data/x.gz', 's3://b/q/data/x.gz']],
    [`file:///d/e/${own}m.json`, own, key, [`file:///d/e/${key}`]],
    ['file:///d/m.json', own, key, [`file:///d/${key}`, 'file:///d/data/x.gz']],
    [
      'file:///xp/AWSDynamoDB/01/m.json',
      own,
      key,
      [`file:///xp/AWSDynamoDB/01/${key}`, 'file:///xp/AWSDynamoDB/01/data/x.gz'],
    ],
  ])(
    'of a data file beside %s, which calls its folder %j, is one of these',
    (summary, ownFolder, fileKey, expected) => {
      const place = { summary: parseLocation(summary), ownFolder };
      const found = placementsOf(place, fileKey).map((placement) => locate(place, placement, fileKey));
      expect(found.map((location) => (location === null ? null : urlOf(location)))).toEqual(expected);
    },
  );
});

const description = {
  TableName: 'Music',
  TableArn: TABLE_ARN,
  TableId: TABLE_ID,
  TableStatus: 'ACTIVE',
  KeySchema: [{ AttributeName: 'Artist', KeyType: 'HASH' }],
  AttributeDefinitions: [
    { AttributeName: 'Artist', AttributeType: 'S' },
    { AttributeName: 'Year', AttributeType: 'N' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'ByYear',
      KeySchema: [{ AttributeName: 'Year', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['Price'] },
    },
  ],
  ItemCount: 3,
  TableSizeBytes: 100,
};

function dynamoDb(ttl: object | 'unknown'): Promise<AsyncDisposable & { readonly url: string }> {
  return serve((request, response, body) => {
    const target = String(request.headers['x-amz-target']).split('.')[1];
    const answer = (status: number, content: object) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(content));
    };
    if (target === 'DescribeTimeToLive') {
      if (ttl === 'unknown') return answer(400, { __type: 'x#UnknownOperationException' });
      return answer(200, { TimeToLiveDescription: ttl });
    }
    if (!body.includes('"Music"'))
      return answer(400, { __type: 'x#ResourceNotFoundException', message: 'no' });
    answer(200, { Table: description });
  });
}

describe('a table', () => {
  test('is described with its keys, indexes and TTL', async () => {
    await using server = await dynamoDb({ TimeToLiveStatus: 'ENABLED', AttributeName: 'Expires' });
    const { control } = clientsFor({ region: 'eu-west-1', endpoint: server.url, credentials: keys });
    expect(await describeFacts(control, 'Music')).toEqual({
      table: 'Music',
      arn: TABLE_ARN,
      tableId: TABLE_ID,
      keySchema: [{ name: 'Artist', type: 'S' }],
      attributeTypes: { Artist: 'S', Year: 'N' },
      localIndexes: [],
      globalIndexes: [
        {
          name: 'ByYear',
          keySchema: [{ name: 'Year', type: 'N' }],
          projection: 'INCLUDE',
          projected: ['Price'],
        },
      ],
      ttlAttribute: 'Expires',
      itemCount: 3,
      sizeBytes: 100,
    });
    await expect(describeFacts(control, 'Other')).rejects.toMatchObject({ code: 'SOURCE_TABLE_MISSING' });
  });

  test('has no TTL where the service knows none', async () => {
    await using server = await dynamoDb('unknown');
    const { control } = clientsFor({ region: 'eu-west-1', endpoint: server.url, credentials: keys });
    expect((await describeFacts(control, 'Music')).ttlAttribute).toBe(null);
  });

  test('may have attributes named like members of Object', () => {
    const keySchema = [{ name: '__proto__', type: 'S' as const }];
    const facts = toFacts({ ...bare, keySchema, attributeDefinitions: keySchema }, null);
    expect(Object.entries(facts.attributeTypes)).toEqual([['__proto__', 'S']]);
  });
});

const bare: Parameters<typeof toFacts>[0] = {
  name: 'T',
  arn: '',
  id: null,
  status: 'ACTIVE',
  keySchema: [],
  attributeDefinitions: [],
  localIndexes: [],
  globalIndexes: [],
  billing: { mode: 'PAY_PER_REQUEST', readUnits: 0, writeUnits: 0 },
  stream: null,
  itemCount: null,
  sizeBytes: null,
};

describe('check', () => {
  const files = [
    { name: 'a.json.gz', lines: [song('x')] },
    { name: 'b.json.gz', lines: [song('y')] },
  ];

  test('finds nothing wrong with an export in order, and gives the source its time', async () => {
    await using server = await dynamoDb({});
    await using written = await writeExport({ files });
    const options = optionsFor(written.summaryUrl, { endpoint: server.url });
    expect(await s3ExportSource.check(options, ['Music'], testContext())).toEqual([]);
    expect(
      Math.abs((await s3ExportSource.serverTimeMs(options, 'Music', testContext())) - Date.now()),
    ).toBeLessThan(5000);
    expect(s3ExportSource.slackMs(options)).toBe(300_000);
  });

  test('reports what is wrong with each table and throws for none', async () => {
    await using server = await dynamoDb({});
    await using written = await writeExport({ files: [files[0]!, { ...files[1]!, missing: true }] });
    const manifests = { Music: written.summaryUrl, Other: written.summaryUrl };
    const options = optionsFor(written.summaryUrl, { endpoint: server.url, manifests });
    const problems = await s3ExportSource.check(options, ['Music', 'Other', 'Unnamed'], testContext());
    expect(problems.map(({ table, error }) => [table, error.code])).toEqual([
      ['Music', 'EXPORT_FILE_MISSING'],
      ['Other', 'SOURCE_TABLE_MISSING'],
      ['Unnamed', 'EXPORT_MANIFEST_MISSING'],
    ]);
  });
});
