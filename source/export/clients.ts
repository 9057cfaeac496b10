import type { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../../connectors/clock.ts';
import { credentialProvider } from '../../dynamodb/credentials.ts';
import { createS3Client, FilesAndS3, type ObjectStore } from './object-store.ts';
import type { ExportSourceOptions } from './options.ts';

const S3_CLIENTS = new Map<string, S3Client>();

/** Where the options' exports are read. S3 is connected to only when one lies there. */
export function objectStore(options: ExportSourceOptions, clock: Clock): ObjectStore {
  return new FilesAndS3(() => s3Client(options), clock);
}

/** The client for these settings, the same for all who ask in this process; its idle sockets keep no process alive. */
export function s3Client(options: ExportSourceOptions, { followRedirects = true } = {}): S3Client {
  const { endpoint, forcePathStyle } = options.s3;
  const region = options.s3.region ?? options.region;
  const keys = options.s3.credentials ?? options.credentials;
  const settings = JSON.stringify([region, endpoint, forcePathStyle, keys, followRedirects]);
  const known = S3_CLIENTS.get(settings);
  if (known !== undefined) return known;
  const credentials = credentialProvider(keys, region);
  const client = createS3Client({ region, endpoint, forcePathStyle, credentials, followRedirects });
  S3_CLIENTS.set(settings, client);
  return client;
}
