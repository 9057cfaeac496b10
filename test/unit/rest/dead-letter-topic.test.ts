import { expect, test } from 'vitest';
import { type MemoryWorker, startMemoryWorker } from '../../rest/memory-worker.ts';
import { ask, expectError, makeConnector } from '../../rest/rest-client.ts';

const key = 'errors.deadletterqueue.topic.name';
const told =
  'Invalid value letters for configuration errors.deadletterqueue.topic.name: nothing is ever written there while ' +
  'errors.tolerance is none. Set errors.tolerance to all, or remove the key';
const refused = new RegExp(
  `^Connector configuration is invalid and contains the following 1 error\\(s\\):\n${told}\n`,
);

const configOf = (worker: MemoryWorker, kind: 'source' | 'sink') =>
  kind === 'source' ? worker.sourceConfig('c') : worker.sinkConfig('c');

async function validated(worker: MemoryWorker, config: Readonly<Record<string, string>>) {
  const path = `/connector-plugins/${config['connector.class']}/config/validate`;
  const { status, json } = await ask(worker, 'PUT', path, { body: { name: 'c', ...config } });
  const infos = json as {
    error_count: number;
    configs: { value: { name: string; errors: string[] } }[];
  };
  const errors = infos.configs.flatMap(({ value }) => value.errors.map((error) => [value.name, error]));
  return { status, count: infos.error_count, errors };
}

test.each([
  ['source', 'said', { [key]: 'letters', 'errors.tolerance': 'none' }],
  ['source', 'by default', { [key]: 'letters' }],
  ['sink', 'said', { [key]: 'letters', 'errors.tolerance': 'none' }],
  ['sink', 'by default', { [key]: 'letters' }],
] as const)(
  'a %s with a topic for dead letters that tolerates nothing (%s) is refused everywhere, at its key',
  async (kind, _, more) => {
    await using worker = await startMemoryWorker();
    const config = { ...(await configOf(worker, kind)), ...more };
    expect(await validated(worker, config)).toEqual({ status: 200, count: 1, errors: [[key, told]] });
    expectError(await ask(worker, 'POST', '/connectors', { body: { name: 'c', config } }), 400, refused);
    expectError(await ask(worker, 'PUT', '/connectors/c/config', { body: config }), 400, refused);
    expect((await ask(worker, 'GET', '/connectors')).json).toEqual([]);
  },
);

test('nor does a patch bring a connector there, from either side', async () => {
  await using worker = await startMemoryWorker();
  await using sink = await makeConnector(worker, 'sink');
  const path = `${sink.path}/config`;
  expectError(await ask(worker, 'PATCH', path, { body: { [key]: 'letters' } }), 400, refused);
  const both = { [key]: 'letters', 'errors.tolerance': 'all' };
  expect((await ask(worker, 'PATCH', path, { body: both })).status).toBe(200);
  expectError(await ask(worker, 'PATCH', path, { body: { 'errors.tolerance': null } }), 400, refused);
});

test('with errors.tolerance=all it is taken', async () => {
  await using worker = await startMemoryWorker();
  for (const kind of ['source', 'sink'] as const) {
    const config = { ...(await configOf(worker, kind)), [key]: 'letters', 'errors.tolerance': 'all' };
    expect(await validated(worker, config)).toEqual({ status: 200, count: 0, errors: [] });
  }
});
