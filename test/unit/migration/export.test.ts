import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createControlClient } from '../../../dynamodb/control-client.ts';
import { DataClient } from '../../../dynamodb/data-client.ts';
import { type ExportProgress, exportTable } from '../../../migration/export/export.ts';
import { isTarget, openTarget } from '../../../migration/export/export-target.ts';
import { s3ExportSource } from '../../../source/export/connector.ts';
import { music, optionsFor, readAll, TABLE_ARN, TABLE_ID } from '../source/export-fixture.ts';

const items = Array.from({ length: 23 }, (_, i) => ({
  Artist: { S: `artist "${i}" \u2028é` },
  Price: { N: '12345678901234567890.123456789' },
  Raw: { B: 'AP8Q' },
  Nested: { M: { '': { NULL: true }, list: { L: [{ BOOL: false }, { SS: ['a', 'b'] }] } } },
}));

interface FakeTable extends AsyncDisposable {
  readonly url: string;
  readonly scans: Record<string, unknown>[];
}

/** Answers DescribeTable and Scan, five items a page; segment `failing` breaks on its second page. */
async function fakeTable(failing: number | null = null): Promise<FakeTable> {
  const scans: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>;
      const answer = (status: number, content: object) => {
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
        response.end(JSON.stringify(content));
      };
      if (String(request.headers['x-amz-target']).endsWith('DescribeTable')) {
        if (body['TableName'] !== 'Music') return answer(400, { __type: 'x#ResourceNotFoundException' });
        return answer(200, { Table: describedMusic });
      }
      scans.push(body);
      const segment = Number(body['Segment']);
      const mine = items.filter((_, i) => i % Number(body['TotalSegments']) === segment && segment !== 3);
      const from = Number((body['ExclusiveStartKey'] as { n?: { N: string } } | undefined)?.n?.N ?? 0);
      if (segment === failing && from > 0)
        return answer(400, { __type: 'x#AccessDeniedException', message: 'no' });
      const page = mine.slice(from, from + 5);
      const more = from + 5 < mine.length ? { LastEvaluatedKey: { n: { N: String(from + 5) } } } : {};
      answer(200, { Items: page, Count: page.length, ...more });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    scans,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const describedMusic = {
  TableName: 'Music',
  TableArn: TABLE_ARN,
  TableId: TABLE_ID,
  TableStatus: 'ACTIVE',
  KeySchema: [{ AttributeName: 'Artist', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'Artist', AttributeType: 'S' }],
};

async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'messina-exported-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function run(
  url: string,
  path: string,
  more: Partial<Parameters<typeof exportTable>[0]> = {},
): ReturnType<typeof exportTable> {
  const credentials = async () => ({ accessKeyId: 'a', secretAccessKey: 'b' });
  await using client = new DataClient({ endpoint: url, region: 'eu-west-1', credentials });
  const endpoints = { tables: url, streams: url };
  using control = createControlClient({ region: 'eu-west-1', endpoints, credentials });
  const to = pathToFileURL(path).href;
  const signal = new AbortController().signal;
  return await exportTable({ client, control, table: 'Music', to, signal, ...more });
}

const filesBelow = async (path: string): Promise<string[]> =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();

const artistsOf = (all: readonly { Artist: { S: string } }[]) => all.map((item) => item.Artist.S).sort();

describe('an export', () => {
  test('is laid out as AWS lays it out, with manifests, checksums and counts that hold', async () => {
    await using table = await fakeTable();
    await using directory = await temporary();
    const seen: ExportProgress[] = [];
    const result = await run(table.url, directory.path, { fileBytes: 500, onProgress: (p) => seen.push(p) });

    const summaryPath = fileURLToPath(result.manifest);
    const summary = JSON.parse(await readFile(summaryPath, 'utf8')) as Record<string, unknown>;
    const folder = /^AWSDynamoDB\/0\d{13}-[0-9a-f]{8}\//.exec(
      summaryPath.slice(directory.path.length + 1),
    )?.[0];
    expect(summary).toMatchObject({
      tableArn: TABLE_ARN,
      tableId: TABLE_ID,
      manifestFilesS3Key: `${folder}manifest-files.json`,
      itemCount: result.items,
      outputFormat: 'DYNAMODB_JSON',
      exportType: 'FULL_EXPORT',
      exportTime: new Date(result.exportTimeMs).toISOString(),
    });
    const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('base64');
    const read = (name: string) => readFile(join(directory.path, `${folder}${name}`));
    expect((await read('manifest-summary.md5')).toString()).toBe(md5(await read('manifest-summary.json')));
    expect((await read('manifest-files.md5')).toString()).toBe(md5(await read('manifest-files.json')));

    const entries = (await read('manifest-files.json'))
      .toString()
      .trimEnd()
      .split('\n')
      .map((l) => JSON.parse(l));
    const found: (typeof items)[number][] = [];
    let bytes = 0;
    for (const entry of entries) {
      expect(entry.dataFileS3Key).toMatch(new RegExp(`^${folder}data/[a-z2-7]{26}\\.json\\.gz$`));
      const gz = await readFile(join(directory.path, entry.dataFileS3Key));
      expect(entry.md5Checksum).toBe(md5(gz));
      const lines = gunzipSync(gz).toString().split('\n');
      expect(lines.pop()).toBe('');
      expect(entry.itemCount).toBe(lines.length);
      found.push(...lines.map((line) => JSON.parse(line).Item));
      bytes += gz.length;
    }
    const sorted = (all: typeof items) => [...all].sort((a, b) => (a.Artist.S < b.Artist.S ? -1 : 1));
    const expected = items.filter((_, i) => i % 4 !== 3);
    expect(sorted(found)).toEqual(sorted(expected));
    expect(result).toMatchObject({ items: expected.length, files: entries.length, bytes });
    // Three segments with two pages, each above the file's size, and one without items.
    expect(entries).toHaveLength(7);
    expect(entries.filter((entry) => entry.itemCount === 0)).toHaveLength(1);
    expect(seen.at(-1)).toMatchObject({ items: expected.length, files: 7 });
    expect(table.scans.every((scan) => scan['ConsistentRead'] === true)).toBe(true);
  });

  test('is read by the export source', async () => {
    await using table = await fakeTable();
    await using directory = await temporary();
    const result = await run(table.url, directory.path, { segments: 2 });
    const { snapshot, batches } = await readAll(optionsFor(result.manifest), music);
    expect(snapshot).toMatchObject({ exportMs: result.exportTimeMs, rows: 23, partitions: 2 });
    const read = batches.flatMap((batch) => batch.records.map((r) => JSON.parse(String(r.after?.json))));
    expect(artistsOf(read)).toEqual(artistsOf(items));
    expect(s3ExportSource.name).toBe('S3ExportSource');
  });

  test('that fails has no summary manifest and says what is left where', async () => {
    await using table = await fakeTable(1);
    await using directory = await temporary();
    const failure = run(table.url, directory.path, { fileBytes: 1, segments: 2 });
    await expect(failure).rejects.toMatchObject({
      code: 'SOURCE_ACCESS_DENIED',
      message: expect.stringContaining('manifest-summary.json'),
      detail: { table: 'Music', folder: expect.stringContaining(pathToFileURL(directory.path).href) },
    });
    const left = await filesBelow(directory.path);
    expect(left.some((name) => name.endsWith('_started'))).toBe(true);
    expect(left.filter((name) => name.includes('manifest'))).toEqual([]);
  });

  test('that is stopped is an abort', async () => {
    await using table = await fakeTable();
    await using directory = await temporary();
    const stop = new AbortController();
    const failure = run(table.url, directory.path, { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(failure).rejects.toMatchObject({
      name: 'AbortError',
      message: expect.stringContaining('delete'),
    });
    expect((await filesBelow(directory.path)).filter((name) => name.includes('manifest'))).toEqual([]);
  });

  test('of a table that does not exist leaves nothing', async () => {
    await using table = await fakeTable();
    await using directory = await temporary();
    const failure = run(table.url, directory.path, { table: 'Other' });
    await expect(failure).rejects.toMatchObject({ code: 'SOURCE_TABLE_MISSING' });
    expect(await filesBelow(directory.path)).toEqual([]);
  });
});

describe('a target', () => {
  const s3 = { region: 'eu-west-1', credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 'b' }) };

  test.each([
    ['s3://b', '', 's3://b/k'],
    ['s3://b/', '', 's3://b/k'],
    ['s3://b/p/q/', 'p/q/', 's3://b/k'],
    ['s3://b/p', 'p/', 's3://b/k'],
    ['file:///d', '', 'file:///d/k'],
  ])('%s has the prefix %j', (to, prefix, url) => {
    using target = openTarget(to, s3);
    expect([isTarget(to), target.prefix, target.url('k')]).toEqual([true, prefix, url]);
  });

  test('in a bucket that does not exist says so, not that a file is missing', {
    timeout: 30_000,
  }, async () => {
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(404, { 'content-type': 'application/xml' });
        response.end('<Error><Code>NoSuchBucket</Code><Message>There is none.</Message></Error>');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    using target = openTarget('s3://nowhere/p', { ...s3, endpoint, forcePathStyle: true });
    const written = target.write('p/k', Readable.from([Buffer.from('x')]), new AbortController().signal);
    const message = 'Bucket nowhere does not exist';
    await expect(written).rejects.toMatchObject({ code: 'EXPORT_BUCKET_MISSING', message, exit: 4 });
    await new Promise((resolve) => server.close(resolve));
  });

  test.each(['/d', 's3:/b', 'http://b/x', ''])('%j is none', (to) => {
    expect(isTarget(to)).toBe(false);
    expect(() => openTarget(to, s3)).toThrow(RangeError);
  });
});
