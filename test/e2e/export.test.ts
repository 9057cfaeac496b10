import { randomBytes } from 'node:crypto';
import { type AttributeValue, paginateScan } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import type { SourceBatch } from '../../connectors/connector.ts';
import { createControlClient } from '../../dynamodb/control-client.ts';
import { DataClient } from '../../dynamodb/data-client.ts';
import { exportTable } from '../../migration/export/export.ts';
import { openTarget } from '../../migration/export/export-target.ts';
import { s3ExportSource } from '../../source/export/connector.ts';
import { parseLocation } from '../../source/export/locate.ts';
import { createS3Client, FilesAndS3, type S3Options } from '../../source/export/object-store.ts';
import type { ExportSourceOptions } from '../../source/export/options.ts';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { type Credentials, region, type TestServices, testServices } from '../services.ts';
import {
  artists,
  exportFiles,
  optionsFor,
  readAll,
  song,
  testContext,
} from '../unit/source/export-fixture.ts';

const s3Of = ({ s3 }: TestServices): S3Options => ({
  region: s3.region,
  endpoint: s3.endpoint,
  forcePathStyle: true,
  credentials: async () => s3.credentials,
});

function optionsOf(services: TestServices, manifest: string): ExportSourceOptions {
  const { endpoint, region: s3Region } = services.s3;
  // Copies: the SDK writes into the objects that its clients are given.
  const credentials = keysOf(services.s3.credentials);
  return optionsFor(manifest, {
    region,
    endpoint: services.source.endpoint,
    credentials: keysOf(services.credentials),
    s3: { endpoint, region: s3Region, forcePathStyle: true, credentials },
  });
}

const keysOf = ({ accessKeyId, secretAccessKey }: Credentials): Credentials => ({
  accessKeyId,
  secretAccessKey,
});

/** DynamoDB Local prints very large and small numbers with an exponent, which the service never does. */
function plainNumber(text: string): string {
  const parts = /^(-?)(\d)(?:\.(\d+))?E([+-]\d+)$/.exec(text);
  if (parts === null) return text;
  const [, sign = '', first = '', rest = ''] = parts;
  const exponent = Number(parts[4]);
  const digits = first + rest;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return sign + digits.padEnd(exponent + 1, '0');
}

/** DynamoDB JSON with sets and names in one order. */
function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]): [string, unknown] => {
    if (name === 'N' && typeof inner === 'string') return [name, plainNumber(inner)];
    const made = comparable(inner);
    const isSet = ['SS', 'NS', 'BS'].includes(name) && Array.isArray(made) && typeof made[0] === 'string';
    return [name, isSet ? [...(made as string[])].sort() : made];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const sortedTexts = (items: readonly unknown[]) =>
  items.map((item) => JSON.stringify(comparable(item))).sort();

async function scanned({ source }: TestServices): Promise<Record<string, AttributeValue>[]> {
  const items: Record<string, AttributeValue>[] = [];
  for await (const page of paginateScan({ client: source.client }, { TableName: 'Music' })) {
    items.push(...(page.Items ?? []));
  }
  return items;
}

const itemsOf = (batches: readonly SourceBatch[]): unknown[] =>
  batches.flatMap((batch) => batch.records.map((record) => JSON.parse(String(record.after?.json))));

test('a table exported to S3 is read back as the very items that a scan gives', async () => {
  await using services = await testServices();
  const { credentials, source } = services;
  const address = { endpoint: source.endpoint, credentials, table: 'Music' };
  await createMusicTable(address);
  await loadItems({ ...address, items: 1500, seed: 7 });

  const provider = async () => credentials;
  const endpoints = { tables: source.endpoint, streams: source.endpoint };
  await using client = new DataClient({ endpoint: source.endpoint, region, credentials: provider });
  using control = createControlClient({ region, endpoints, credentials: provider });
  const result = await exportTable({
    client,
    control,
    table: 'Music',
    to: `s3://${services.s3.bucket}/some/prefix`,
    s3: s3Of(services),
    segments: 3,
    fileBytes: 500_000,
    signal: AbortSignal.timeout(60_000),
  });
  expect(result).toMatchObject({ items: 1500 });
  expect(result.files).toBeGreaterThanOrEqual(3);

  const options = optionsOf(services, result.manifest);
  const context = testContext();
  expect(await s3ExportSource.check(options, ['Music'], context)).toEqual([]);
  const table = await s3ExportSource.describe(options, 'Music', context);
  const { snapshot, batches } = await readAll(options, table);
  expect(snapshot).toMatchObject({ rows: 1500, exportMs: result.exportTimeMs, partitions: result.files });
  expect(batches.flatMap((batch) => batch.rejected)).toEqual([]);
  const read = new Set(sortedTexts(itemsOf(batches)));
  expect(read.size).toBe(1500);
  expect(sortedTexts(await scanned(services)).filter((item) => !read.has(item))).toEqual([]);
});

const files = [
  { name: 'aaaa.json.gz', lines: Array.from({ length: 3000 }, (_, i) => song(`artist-${i}`)) },
  { name: 'bbbb.json.gz', lines: [] },
];

async function upload(services: TestServices, prefix: string, objects: Map<string, Buffer>): Promise<string> {
  const { bucket, client } = services.s3;
  for (const [path, Body] of objects) {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: prefix + path, Body }));
  }
  const summary = [...objects.keys()].find((path) => path.endsWith('manifest-summary.json'));
  return `s3://${bucket}/${prefix}${summary}`;
}

test.each<[string, string, Map<string, Buffer>]>([
  ['where its manifest says', '', exportFiles({ files, prefix: 'p/' })],
  ['copied below another prefix', 'copy of/', exportFiles({ files, prefix: 'p/' })],
  ['copied to another folder', '', exportFiles({ files, prefix: 'p/', folder: 'else/where/' })],
  ['with relative keys', '', exportFiles({ files, keys: 'relative', folder: 'r/' })],
])('an export in S3 %s is read', async (_where, prefix, objects) => {
  await using services = await testServices();
  const options = optionsOf(services, await upload(services, prefix, objects));
  const { batches } = await readAll(options);
  expect(artists(batches)).toEqual(Array.from({ length: 3000 }, (_, i) => `artist-${i}`));
});

test('what is missing in S3, or may not be read, is said', async () => {
  await using services = await testServices();
  const url = await upload(services, '', exportFiles({ files }));
  const { bucket, client } = services.s3;
  const wrong = optionsOf(services, url.replace('manifest-summary', 'manifest-nothing'));
  await expect(readAll(wrong)).rejects.toMatchObject({ code: 'EXPORT_MANIFEST_MISSING' });
  const nowhere = optionsOf(services, url.replace(bucket, `${bucket}x`));
  await expect(readAll(nowhere)).rejects.toMatchObject({ code: 'EXPORT_MANIFEST_MISSING' });

  const secret = optionsOf(services, url);
  const denied = {
    ...secret,
    s3: { ...secret.s3, credentials: { ...keysOf(services.s3.credentials), secretAccessKey: 'no' } },
  };
  await expect(readAll(denied)).rejects.toMatchObject({ code: 'SOURCE_ACCESS_DENIED' });

  const listed = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  const Key = listed.Contents?.find(({ Key: key }) => key?.endsWith('aaaa.json.gz'))?.Key;
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  await expect(readAll(secret)).rejects.toMatchObject({ code: 'EXPORT_FILE_MISSING' });
});

test('an object of several parts is uploaded whole, or not at all', async () => {
  await using services = await testServices();
  const { bucket } = services.s3;
  const content = Array.from({ length: 40 }, () => randomBytes(512 * 1024));
  using target = openTarget(`s3://${bucket}`, s3Of(services));
  const signal = new AbortController().signal;
  await target.write('whole', from(content), signal);
  const store = new FilesAndS3(() => createS3Client(s3Of(services)));
  const read: Buffer[] = [];
  for await (const chunk of store.read(parseLocation(target.url('whole')), signal)) read.push(chunk);
  expect(Buffer.concat(read).equals(Buffer.concat(content))).toBe(true);

  const broken = async function* (): AsyncGenerator<Buffer> {
    yield* from(content);
    throw new Error('no more');
  };
  await expect(target.write('half', broken(), signal)).rejects.toThrow('no more');
  expect(await store.size(parseLocation(target.url('half')), signal)).toBe(null);
});

async function* from(content: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* content;
}
