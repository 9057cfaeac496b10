import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type MemoryWorker, sourcePlugins, startMemoryWorker } from '../../rest/memory-worker.ts';
import { ask, expectError } from '../../rest/rest-client.ts';

interface Group extends AsyncDisposable {
  /** Has sources alone. */
  readonly first: MemoryWorker;
  readonly second: MemoryWorker;
}

/** Two workers, each of which knows the other. */
async function startGroup(token: string | null = null): Promise<Group> {
  const first = await startMemoryWorker({ plugins: sourcePlugins, token });
  const second = await startMemoryWorker({ token });
  const classes = { DynamoDbScanSource: 'source', AlternatorSink: 'sink' } as const;
  first.herder.others = [{ workerId: 'second', url: second.url, classes }];
  const ofFirst = { DynamoDbScanSource: 'source', Ghost: 'source' } as const;
  second.herder.others = [{ workerId: 'first', url: first.url, classes: ofFirst }];
  const stop = async () => {
    await first[Symbol.asyncDispose]();
    await second[Symbol.asyncDispose]();
  };
  return { first, second, [Symbol.asyncDispose]: stop };
}

describe('a class that only another worker has', () => {
  test('its connector is made there, and found here', async () => {
    await using group = await startGroup();
    const { first, second } = group;
    const config = await first.sinkConfig('k');
    const made = await ask(first, 'POST', '/connectors', { body: { name: 'k', config } });
    expect(made).toMatchObject({ status: 201, json: { name: 'k', type: 'sink' } });
    expect(made.headers.get('location')).toBe(`${first.url}/connectors/k`);
    expect([first.herder.connectors(), second.herder.connectors()]).toEqual([[], ['k']]);
    const put = await ask(first, 'PUT', '/connectors/k/config', { body: { ...config, 'tasks.max': 2 } });
    expect(put).toMatchObject({ status: 200, json: { config: { 'tasks.max': '2' } } });
  });

  test('it is known here before the answer says that it is made', async () => {
    await using group = await startGroup();
    const { first, second } = group;
    const known: (readonly string[])[] = [];
    first.herder.caughtUp = async () => {
      known.push(second.herder.connectors());
    };
    const body = { name: 'k', config: await first.sinkConfig('k') };
    expect((await ask(first, 'POST', '/connectors', { body })).status).toBe(201);
    expect(known).toEqual([['k']]);
  });

  test('what is invalid is said there, and handed through', async () => {
    await using group = await startGroup();
    const config = { 'connector.class': 'AlternatorSinkConnector' };
    const answer = await ask(group.first, 'POST', '/connectors', { body: { name: 'k', config } });
    expectError(answer, 400, /^Connector configuration is invalid/);
    expect(answer.headers.get('content-type')).toBe('application/json');
  });

  test('its keys and a validation come from there', async () => {
    await using group = await startGroup();
    const { first, second } = group;
    const keys = '/connector-plugins/AlternatorSink/config';
    expect((await ask(first, 'GET', keys)).json).toEqual((await ask(second, 'GET', keys)).json);
    const body = { 'connector.class': 'AlternatorSink', topics: 'getPlugins' };
    const validation = await ask(first, 'PUT', `${keys}/validate`, { body });
    expect(validation).toMatchObject({ status: 200, json: { name: 'AlternatorSink' } });
  });

  test('it is listed here, each class once', async () => {
    await using group = await startGroup();
    const { json } = await ask(group.first, 'GET', '/connector-plugins');
    expect(json).toEqual([
      { class: 'DynamoDbScanSource', type: 'source', version: '3.9.0' },
      { class: 'AlternatorSink', type: 'sink', version: '3.9.0' },
    ]);
  });

  test('it is among those that a class which nobody has is told with', async () => {
    await using group = await startGroup();
    const body = { name: 'a', config: { 'connector.class': 'Nope' } };
    const { text } = await ask(group.first, 'POST', '/connectors', { body });
    expect(text).toContain("klass=class AlternatorSink, name='AlternatorSink'");
  });

  test('the token goes with the request', async () => {
    await using group = await startGroup('secret');
    const headers = { authorization: 'Bearer secret' };
    const answer = await ask(group.first, 'GET', '/connector-plugins/AlternatorSink/config', { headers });
    expect(answer.status).toBe(200);
  });
});

test('a request goes on once, also between workers that each believe the other has it', async () => {
  await using group = await startGroup();
  const { first, second } = group;
  first.herder.others = [{ workerId: 'second', url: second.url, classes: { Ghost: 'source' } }];
  const body = { name: 'g', config: { 'connector.class': 'Ghost' } };
  expectError(await ask(first, 'POST', '/connectors', { body }), 400, /^Failed to find any class/);
  const keys = await ask(first, 'GET', '/connector-plugins/Ghost/config');
  expectError(keys, 404, 'Unknown plugin Ghost.');
});

test('where a worker cannot be reached, the next one that has the class is asked', async () => {
  await using group = await startGroup();
  const { first, second } = group;
  const gone = await startMemoryWorker();
  await gone[Symbol.asyncDispose]();
  const classes = { AlternatorSink: 'sink' } as const;
  first.herder.others = [{ workerId: 'gone', url: gone.url, classes }, ...first.herder.others];
  const body = { name: 'k', config: await first.sinkConfig('k') };
  expect((await ask(first, 'POST', '/connectors', { body })).status).toBe(201);
  expect(second.herder.connectors()).toEqual(['k']);
});

test('a worker that took a request and did not answer may have done it: no other is asked', async () => {
  await using group = await startGroup();
  const { first, second } = group;
  const deaf = createServer((socket) => {
    socket.once('data', () => socket.destroy());
  });
  await new Promise<void>((settle) => deaf.listen(0, '127.0.0.1', settle));
  const url = `http://127.0.0.1:${(deaf.address() as AddressInfo).port}`;
  const classes = { AlternatorSink: 'sink' } as const;
  first.herder.others = [{ workerId: 'deaf', url, classes }, ...first.herder.others];
  const body = { name: 'k', config: await first.sinkConfig('k') };
  expectError(await ask(first, 'POST', '/connectors', { body }), 500, /^IO Error .+ worker deaf at/);
  expect(second.herder.connectors()).toEqual([]);
  await new Promise((settle) => deaf.close(settle));
});

test('a worker that cannot be reached is named', async () => {
  await using group = await startGroup();
  const { first, second } = group;
  await second[Symbol.asyncDispose]();
  const answer = await ask(first, 'GET', '/connector-plugins/AlternatorSink/config');
  expectError(answer, 500, /^IO Error trying to forward REST request: worker second at http:.+ECONNREFUSED/);
});
