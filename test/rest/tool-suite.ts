import { expect, test } from 'vitest';
import { ask, eventually, makeConnector, makeConnectorName, untilState } from './rest-client.ts';
import type { RestWorker } from './rest-worker.ts';
import { expectConfigInfos } from './shapes.ts';

type Expanded = Record<string, { info?: { name: string }; status?: StatusBody }>;

interface StatusBody {
  readonly connector: { readonly state: string; readonly worker_id: string };
  readonly tasks: readonly { readonly id: number; readonly state: string }[];
}

/** As Kafka UI knows them (kafka-connect-api.yaml); it fails over any other. */
const states = ['RUNNING', 'FAILED', 'PAUSED', 'UNASSIGNED', 'RESTARTING', 'STOPPED'];

/** What tools that people have for Kafka Connect rely on, beyond what each route says by itself. */
export function toolSuite(started: () => RestWorker): void {
  test('kcctl reads the version as numbers, and finds every feature in it', async () => {
    const { json } = await ask(started(), 'GET', '/');
    const { version } = json as { version: string };
    const [major = Number.NaN, minor = Number.NaN] = version
      .split('.')
      .map((part) => Number.parseInt(part, 10));
    // From 3.7 on there are levels for the whole cluster, the last thing that it asks a version for.
    expect(major * 100 + minor).toBeGreaterThanOrEqual(307);
  });

  test('kcctl makes a connector at the path with a slash, and lists it there', async () => {
    const worker = started();
    const name = makeConnectorName();
    const body = { name, config: await worker.sourceConfig(name) };
    const made = await ask(worker, 'POST', '/connectors/', { body });
    expect(made.status, made.text).toBe(201);
    expect((await ask(worker, 'GET', '/connectors/')).json).toContain(name);
    expect((await ask(worker, 'DELETE', `/connectors/${name}`)).status).toBe(204);
  });

  test('kcctl knows an unknown class by its message, which lists those that there are', async () => {
    const config = { 'connector.class': 'NoSuchConnector' };
    const { json } = await ask(started(), 'POST', '/connectors', { body: { name: 'a', config } });
    const { message } = json as { message: string };
    expect(message).toMatch(/\bFailed to find any class that implements Connector\b/);
    for (const name of [started().sourceClass, started().sinkClass]) expect(message).toContain(name);
  });

  test('Kafka UI gets both parts of every connector, whatever state it is in', async () => {
    const worker = started();
    await using running = await makeConnector(worker, 'source');
    await using paused = await makeConnector(worker, 'source', 'PAUSED');
    await using stopped = await makeConnector(worker, 'sink', 'STOPPED');
    await using failing = await makeConnector(worker, 'failing');
    const made = [running, paused, stopped, failing];
    await eventually(async () => {
      const { status, json } = await ask(worker, 'GET', '/connectors?expand=info&expand=status');
      expect(status).toBe(200);
      for (const [name, { info, status: of }] of Object.entries(json as Expanded)) {
        expect({ name, info, of }).toEqual({ name, info: expect.any(Object), of: expect.any(Object) });
        const said = [of!.connector.state, ...of!.tasks.map(({ state }) => state)];
        expect(states).toEqual(expect.arrayContaining(said));
      }
      expect(Object.keys(json as Expanded)).toEqual(expect.arrayContaining(made.map(({ name }) => name)));
    });
    await untilState(worker, failing.path, 'RUNNING', ['FAILED']);
    for (const { path, name } of made) {
      const topics = await ask(worker, 'GET', `${path}/topics`);
      expect(topics).toMatchObject({ status: 200, json: { [name]: { topics: expect.any(Array) } } });
    }
  });

  test('AKHQ validates every class that is listed with next to nothing, and is answered at once', async () => {
    const worker = started();
    const listed = (await ask(worker, 'GET', '/connector-plugins')).json as { class: string }[];
    for (const { class: name } of listed) {
      const path = `/connector-plugins/${name}/config/validate`;
      const begun = performance.now();
      const answer = await ask(worker, 'PUT', path, {
        body: { 'connector.class': name, topics: 'getPlugins' },
      });
      expect(answer.status, answer.text).toBe(200);
      expect(expectConfigInfos(answer.json).configs).not.toEqual([]);
      // Of a machine that is busy; whoever waits for a network takes longer.
      expect(performance.now() - begun).toBeLessThan(5000);
    }
  });

  test('Redpanda Console finds what its form is made of at every key', async () => {
    const { sinkClass } = started();
    const body = { 'connector.class': sinkClass, topics: 'getPlugins' };
    const { json } = await ask(started(), 'PUT', `/connector-plugins/${sinkClass}/config/validate`, { body });
    const { configs, groups } = expectConfigInfos(json);
    for (const { definition, value } of configs) {
      expect(definition?.['display_name']).toMatch(/\S/);
      expect([...groups, null]).toContain(definition?.['group']);
      expect(value.visible).toBe(true);
    }
  });

  test('Strimzi takes a connector through its life, each answer of the one code that it takes', async () => {
    const worker = started();
    const name = makeConnectorName();
    const path = `/connectors/${name}`;
    const config = await worker.sourceConfig(name);
    const codes = async (method: string, of: string, body?: unknown) =>
      (await ask(worker, method, of, body === undefined ? {} : { body })).status;
    const created = { name, config, initial_state: 'RUNNING' };
    expect(await codes('POST', '/connectors', created)).toBe(201);
    await untilState(worker, path, 'RUNNING', ['RUNNING']);
    expect(await codes('PUT', `${path}/pause`)).toBe(202);
    await untilState(worker, path, 'PAUSED', ['PAUSED']);
    expect(await codes('PUT', `${path}/resume`)).toBe(202);
    await untilState(worker, path, 'RUNNING', ['RUNNING']);
    expect(await codes('POST', `${path}/restart?includeTasks=true&onlyFailed=true`)).toBe(202);
    expect(await codes('PUT', `${path}/config`, { ...config, name })).toBe(200);
    expect(await codes('PUT', `${path}/stop`)).toBe(204);
    await untilState(worker, path, 'STOPPED', []);
    expect(await codes('GET', `${path}/offsets`)).toBe(200);
    expect(await codes('DELETE', `${path}/offsets`)).toBe(200);
    expect(await codes('DELETE', path)).toBe(204);
    await eventually(async () => expect(await codes('GET', `${path}/status`)).toBe(404));
  });
}
