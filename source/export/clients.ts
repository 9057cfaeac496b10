import type { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../../connectors/clock.ts';
import { credentialProvider } from '../../dynamodb/credentials.ts';
import { createS3Client, FilesAndS3, type ObjectStore } from './object-store.ts';
import type { ExportSourceOptions } from './options.ts';

const S3_CLIENTS = new Map<string, S3Client>();

/**
 * Where the options' exports are read. S3 is connected to only when one lies there; the same settings share one client in
 * this process, whose idle sockets keep no process alive.
 */
export function objectStore(options: ExportSourceOptions, clock: Clock): ObjectStore {
  const { endpoint, forcePathStyle } = options.s3;
  const region = options.s3.region ?? options.region;
  const keys = options.s3.credentials ?? options.credentials;
  const settings = JSON.stringify([region, endpoint, forcePathStyle, keys]);
  const connect = (): S3Client => {
    const known = S3_CLIENTS.get(settings);
    if (known !== undefined) return known;
    const credentials = credentialProvider(keys, region);
    const client = createS3Client({ region, endpoint, forcePathStyle, credentials });
    S3_CLIENTS.set(settings, client);
    return client;
  };
  return new FilesAndS3(connect, clock);
}
