import { expect, test } from 'vitest';
import { ask, eventually, expectError, makeConnector, untilState } from './rest-client.ts';
import type { RestWorker } from './rest-worker.ts';
import { stateInfo } from './shapes.ts';

/** What connectors are told to do. */
export function stateSuite(started: () => RestWorker): void {
  test('a connector is paused and resumed: 202', async () => {
    const worker = started();
    await using source = await makeConnector(worker, 'source');
    await untilState(worker, source.path, 'RUNNING', ['RUNNING']);
    const paused = await ask(worker, 'PUT', `${source.path}/pause`);
    expect([paused.status, paused.text]).toEqual([202, '']);
    await untilState(worker, source.path, 'PAUSED', ['PAUSED']);
    // A client may send its content type with no body.
    const headers = { 'content-type': 'application/json' };
    expect((await ask(worker, 'PUT', `${source.path}/resume`, { headers })).status).toBe(202);
    await untilState(worker, source.path, 'RUNNING', ['RUNNING']);
  });

  test('a stopped connector has no tasks, and has them again when it is resumed', async () => {
    const worker = started();
    await using sink = await makeConnector(worker, 'sink');
    await untilState(worker, sink.path, 'RUNNING', ['RUNNING']);
    const stopped = await ask(worker, 'PUT', `${sink.path}/stop`);
    expect([stopped.status, stopped.text]).toEqual([204, '']);
    await untilState(worker, sink.path, 'STOPPED', []);
    expect((await ask(worker, 'GET', sink.path)).json).toMatchObject({ tasks: [] });
    expect((await ask(worker, 'GET', `${sink.path}/tasks`)).json).toEqual([]);
    expect((await ask(worker, 'PUT', `${sink.path}/stop`)).status).toBe(204);
    expect((await ask(worker, 'PUT', `${sink.path}/resume`)).status).toBe(202);
    await untilState(worker, sink.path, 'RUNNING', ['RUNNING']);
  });

  test.each([
    ['PAUSED', 'PAUSED'],
    ['stopped', 'STOPPED'],
    ['RUNNING', 'RUNNING'],
  ])('a connector that is made %s is so', async (initial, state) => {
    const worker = started();
    await using source = await makeConnector(worker, 'source', initial);
    await eventually(async () => {
      const { json } = await ask(worker, 'GET', `${source.path}/status`);
      expect(json).toMatchObject({ connector: { state } });
    });
  });

  test('a restart says 204, and 202 with the states when it is asked for more', async () => {
    const worker = started();
    await using source = await makeConnector(worker, 'source');
    const running = () => untilState(worker, source.path, 'RUNNING', ['RUNNING']);
    const restart = async (query: string) => {
      await running();
      return ask(worker, 'POST', `${source.path}/restart${query}`);
    };
    for (const query of ['', '?includeTasks=false&onlyFailed=false', '?includeTasks=nonsense']) {
      const answer = await restart(query);
      expect([answer.status, answer.text], query).toEqual([204, '']);
    }
    const all = await restart('?includeTasks=true');
    expect(all.status).toBe(202);
    expect(all.json).toEqual({
      name: source.name,
      connector: stateInfo('RESTARTING'),
      tasks: [stateInfo('RESTARTING', { id: 0 })],
      type: 'source',
    });
    // The restart before may have been accepted, and not yet begun, when its tasks are said to run.
    await eventually(async () => {
      const failed = await restart('?includeTasks=true&onlyFailed=true');
      expect(failed.status).toBe(202);
      expect(failed.json).toMatchObject({ name: source.name, tasks: [{ id: 0, state: 'RUNNING' }] });
    });
    await running();
  });

  test('a task is restarted alone: 204', async () => {
    const worker = started();
    await using source = await makeConnector(worker, 'source');
    await untilState(worker, source.path, 'RUNNING', ['RUNNING']);
    const answer = await ask(worker, 'POST', `${source.path}/tasks/0/restart`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    await untilState(worker, source.path, 'RUNNING', ['RUNNING']);
    const none = await ask(worker, 'POST', `${source.path}/tasks/9/restart`);
    expectError(none, 404, `Unknown task: ${source.name}-9`);
    const status = await ask(worker, 'GET', `${source.path}/tasks/9/status`);
    expectError(status, 404, `No status found for task ${source.name}-9`);
  });

  test('a failed task shows why, while its connector runs', async () => {
    const worker = started();
    await using failing = await makeConnector(worker, 'failing');
    await untilState(worker, failing.path, 'RUNNING', ['FAILED']);
    const { json } = await ask(worker, 'GET', `${failing.path}/status`);
    expect(json).toMatchObject({
      tasks: [stateInfo('FAILED', { id: 0, trace: expect.stringMatching(/\S/) })],
    });
    const task = await ask(worker, 'GET', `${failing.path}/tasks/0/status`);
    expect(task.json).toEqual(stateInfo('FAILED', { id: 0, trace: expect.stringMatching(/\S/) }));
    const restarted = await ask(worker, 'POST', `${failing.path}/restart?includeTasks=true&onlyFailed=true`);
    expect(restarted.status).toBe(202);
    expect(restarted.json).toMatchObject({
      connector: { state: 'RUNNING' },
      tasks: [{ id: 0, state: 'RESTARTING' }],
    });
    await untilState(worker, failing.path, 'RUNNING', ['FAILED']);
  });

  test('topics are those that were used, until they are reset', async () => {
    const worker = started();
    await using sink = await makeConnector(worker, 'sink');
    const path = `${sink.path}/topics`;
    await eventually(async () => {
      const { status, json } = await ask(worker, 'GET', path);
      expect(status).toBe(200);
      expect(json).toEqual({ [sink.name]: { topics: expect.arrayContaining([expect.any(String)]) } });
    });
    await ask(worker, 'PUT', `${sink.path}/stop`);
    await untilState(worker, sink.path, 'STOPPED', []);
    const reset = await ask(worker, 'PUT', `${path}/reset`);
    expect([reset.status, reset.text]).toEqual([202, '']);
    await eventually(async () => {
      expect((await ask(worker, 'GET', path)).json).toEqual({ [sink.name]: { topics: [] } });
    });
  });

  test('a connector that is not there has used no topics', async () => {
    const topics = await ask(started(), 'GET', '/connectors/nope/topics');
    expect(topics).toMatchObject({ status: 200, json: { nope: { topics: [] } } });
    expect((await ask(started(), 'PUT', '/connectors/nope/topics/reset')).status).toBe(202);
  });
}
