import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../connectors/config/errors.ts';
import { createLogger, type Logger } from '../../../connectors/log.ts';
import { runWorker } from '../../../connectors/worker/run-worker.ts';
import { plugins } from '../config/connector-classes.ts';
import { silent } from './silent-log.ts';

let folder: string;
let port: number;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-worker-'));
  port = await refusingPort();
});
afterAll(() => rm(folder, { recursive: true }));

/** A port of the loopback where nobody listens. */
async function refusingPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  const address = server.address();
  await new Promise((settle) => server.close(settle));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Runs a worker whose Kafka is away. */
const run = (
  env: Readonly<Record<string, string>>,
  signal = new AbortController().signal,
  log: Logger = silent,
) =>
  runWorker({
    config: null,
    own: { plugins, awsCredentials: async () => ({ accessKeyId: 'a', secretAccessKey: 's' }) },
    pluginsModule: 'file:///none.js',
    env: {
      CONNECT_BOOTSTRAP_SERVERS: `127.0.0.1:${port}`,
      CONNECT_GROUP_ID: 'g',
      CONNECT_LISTENERS: 'http://127.0.0.1:0',
      ...env,
    },
    log,
    signal,
  });

describe('a worker refuses, before it asks anybody,', () => {
  test.each([
    ['CONNECT_PLUGIN_PATH', '/no/such/folder', 'plugin.path: there is no /no/such/folder'],
    ['CONNECT_CONNECTORS_DIR', '/no/such/folder', 'cannot be read (ENOENT)'],
  ])('%s=%s', async (variable, value, message) => {
    const error: unknown = await run({ [variable]: value }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ problems: [{ message }] });
  });

  test('a connector of its folder that is wrong', async () => {
    const config = { 'connector.class': 'AlternatorSink', 'topic.prefix': 'm', 'tasks.max': 'many' };
    await writeFile(join(folder, 'a.json'), JSON.stringify({ name: 'a', config }));
    const refusal = await run({ CONNECT_CONNECTORS_DIR: folder }).catch((thrown: unknown) => thrown);
    expect(refusal).toMatchObject({ name: 'ConfigError', file: join(folder, 'a.json') });
    expect(JSON.stringify(refusal)).toContain('Invalid value many for configuration tasks.max');
  });
});

describe('a worker whose Kafka is away', () => {
  test('says so while it waits, answers that it starts, and ends in peace at once when it is told to end', async () => {
    const ended = new AbortController();
    const rest = await refusingPort();
    let health: Promise<Response> | null = null;
    const lines: string[] = [];
    const log = createLogger({
      level: 'warn',
      format: 'json',
      destination: {
        write: (line) => {
          lines.push(line);
          health ??= fetch(`http://127.0.0.1:${rest}/health`).finally(() => ended.abort());
        },
      },
    });
    await run({ CONNECT_LISTENERS: `http://127.0.0.1:${rest}` }, ended.signal, log);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      code: 'BROKER_UNREACHABLE',
      msg: expect.stringMatching(
        new RegExp(
          `^no broker of bootstrap\\.servers \\(127\\.0\\.0\\.1:${port}\\) answers yet, .*ECONNREFUSED`,
        ),
      ),
    });
    expect(await health).toMatchObject({ status: 503 });
  }, 30_000);

  test('does not begin to wait when it was told to end before', async () => {
    const ended = new AbortController();
    ended.abort();
    await expect(run({}, ended.signal)).resolves.toBeUndefined();
  });
});
