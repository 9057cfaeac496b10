import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchOnce } from './cache.ts';
import { freePorts } from './ports.ts';
import { type Progress, toStderr } from './progress.ts';
import { type LocalService, startService } from './service.ts';
import { runTool } from './toolchain.ts';
import { workDirectory } from './work-directory.ts';

const version = 'v1.8.0';

export interface S3Options {
  /** Keeps objects here, as plain files under `objects/<bucket>/<key>`. */
  readonly directory?: string;
  readonly progress?: Progress;
}

/** An S3 server (versitygw) on the loopback; it checks signatures. Buckets are addressed by path. */
export interface S3Service extends LocalService {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Builds the S3 server into the cache if it is not there. Returns the binary's folder. */
export function fetchS3(progress: Progress = toStderr): Promise<string> {
  const fill = async (directory: string) => {
    const module = `github.com/versity/versitygw/cmd/versitygw@${version}`;
    await runTool('go', ['install', '-ldflags', '-s -w', module], { GOBIN: directory });
  };
  return fetchOnce(
    { folder: `versitygw-${version}`, title: `the S3 server versitygw ${version}`, fill },
    progress,
  );
}

export async function startS3(options: S3Options = {}): Promise<S3Service> {
  const binary = join(await fetchS3(options.progress), 'versitygw');
  const work = await workDirectory('s3', options.directory);
  const objects = join(work.path, 'objects');
  const metadata = join(work.path, 'metadata');
  await mkdir(objects, { recursive: true });
  await mkdir(metadata, { recursive: true });
  const [port] = await freePorts(1);
  const endpoint = `http://127.0.0.1:${port}`;
  const identity = { region: 'us-east-1', accessKeyId: 'localkey', secretAccessKey: 'localsecret' };
  // Metadata in files of its own: extended attributes, the default, are missing on some temporary file systems.
  const storage = ['posix', '--sidecar', metadata, objects];
  const service = await startService(
    {
      title: 'The S3 server',
      command: [binary, '--port', `127.0.0.1:${port}`, '--region', identity.region, '--quiet', ...storage],
      environment: { ROOT_ACCESS_KEY: identity.accessKeyId, ROOT_SECRET_KEY: identity.secretAccessKey },
      ready: async () => (await fetch(endpoint, { signal: AbortSignal.timeout(1_000) })).status > 0,
    },
    work,
    join(work.path, 's3.log'),
  );
  return Object.assign(service, { endpoint, ...identity });
}
