import { expect, test } from 'vitest';
import { ask, eventually, expectError, expectRefused, makeConnector, untilState } from './rest-client.ts';
import type { RestWorker } from './rest-worker.ts';

interface Offset {
  readonly partition: Readonly<Record<string, unknown>>;
  readonly offset: Readonly<Record<string, unknown>>;
}

const altered = 'The offsets for this connector have been altered successfully';
const reset = 'The offsets for this connector have been reset successfully';

/** Where connectors have got to. */
export function offsetSuite(started: () => RestWorker): void {
  const offsetsOf = async (path: string) => {
    const { status, json } = await ask(started(), 'GET', `${path}/offsets`);
    expect(status).toBe(200);
    expect(json).toEqual({ offsets: expect.any(Array) });
    return (json as { offsets: Offset[] }).offsets;
  };
  const someOffset = async (path: string) => {
    await eventually(async () => expect(await offsetsOf(path)).not.toEqual([]));
    return (await offsetsOf(path))[0]!;
  };
  const stop = async (path: string) => {
    await ask(started(), 'PUT', `${path}/stop`);
    await untilState(started(), path, 'STOPPED', []);
  };
  const alter = (path: string, ...offsets: unknown[]) =>
    ask(started(), 'PATCH', `${path}/offsets`, { body: { offsets } });
  /** Again and again: tasks of a connector that was just stopped may still be at their end, as its status cannot show. */
  const alterOnceStopped = async (path: string, ...offsets: unknown[]) => {
    await stop(path);
    await eventually(async () => {
      const answer = await alter(path, ...offsets);
      expect(answer).toMatchObject({ status: 200, json: { message: altered } });
    });
  };

  test('offsets of a connector that runs cannot be changed', async () => {
    await using source = await makeConnector(started(), 'source');
    const message = `Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified connector by issuing a 'PUT' request to the '${source.path}/stop' endpoint`;
    expectError(await alter(source.path, { partition: { a: 'b' }, offset: { c: 1 } }), 400, message);
    expectError(await ask(started(), 'DELETE', `${source.path}/offsets`), 400, message);
  });

  test('offsets of a source are shown, altered and reset', async () => {
    await using source = await makeConnector(started(), 'source');
    await untilState(started(), source.path, 'RUNNING', ['RUNNING']);
    const first = await someOffset(source.path);
    expect(first).toEqual({ partition: expect.any(Object), offset: expect.any(Object) });
    await alterOnceStopped(source.path, first);
    await eventually(async () => expect(await offsetsOf(source.path)).toContainEqual(first));
    const gone = await alter(source.path, { partition: first.partition, offset: null });
    expect(gone).toMatchObject({ status: 200, json: { message: altered } });
    await eventually(async () => {
      const partitions = (await offsetsOf(source.path)).map(({ partition }) => partition);
      expect(partitions).not.toContainEqual(first.partition);
    });
    const none = await ask(started(), 'DELETE', `${source.path}/offsets`);
    expect(none).toMatchObject({ status: 200, json: { message: reset } });
    await eventually(async () => expect(await offsetsOf(source.path)).toEqual([]));
  });

  test('offsets of a sink are those of its topics, numbers or texts', async () => {
    await using sink = await makeConnector(started(), 'sink');
    const { partition, offset } = await someOffset(sink.path);
    expect(partition).toEqual({ kafka_topic: expect.any(String), kafka_partition: expect.any(Number) });
    expect(offset).toEqual({ kafka_offset: expect.any(Number) });
    await alterOnceStopped(sink.path, { partition, offset: { kafka_offset: 1 } });
    const texts = {
      kafka_topic: partition['kafka_topic'],
      kafka_partition: String(partition['kafka_partition']),
    };
    for (const sent of [
      { partition, offset: { kafka_offset: 1 } },
      { partition: texts, offset: { kafka_offset: '1' } },
    ]) {
      expect(await alter(sink.path, sent)).toMatchObject({ status: 200, json: { message: altered } });
      expect(await offsetsOf(sink.path)).toContainEqual({ partition, offset: { kafka_offset: 1 } });
    }
    expect(await alter(sink.path, { partition, offset: null })).toMatchObject({ status: 200 });
    const none = await ask(started(), 'DELETE', `${sink.path}/offsets`);
    expect(none).toMatchObject({ status: 200, json: { message: reset } });
    expect(await offsetsOf(sink.path)).toEqual([]);
  });

  const kafkaNames = "must contain the keys 'kafka_topic' and 'kafka_partition'";
  test.each([
    [{ kafka_topic: 't' }, { kafka_offset: 1 }, kafkaNames],
    [{ kafka_partition: 0 }, { kafka_offset: 1 }, kafkaNames],
    [{}, null, kafkaNames],
    [
      { kafka_topic: 't', kafka_partition: 'x' },
      { kafka_offset: 1 },
      "Kafka partition value in the provided offsets: 'x'",
    ],
    [
      { kafka_topic: 't', kafka_partition: 0 },
      { kafka_offset: 'x' },
      "Kafka offset value in the provided offsets: 'x'",
    ],
    [
      { kafka_topic: 't', kafka_partition: 0 },
      { other: 1 },
      "either be null or contain the key 'kafka_offset'",
    ],
  ])('a sink has no offset such as %j, %j: the answer says why', async (partition, offset, words) => {
    await using sink = await makeConnector(started(), 'sink', 'STOPPED');
    const answer = await alter(sink.path, { partition, offset });
    expectError(answer, 400, new RegExp(words));
  });

  test.each([[{ offsets: [] }], [{}], [{ offsets: null }]])(
    'nothing to alter, as in %j, is refused',
    async (body) => {
      const answer = await ask(started(), 'PATCH', '/connectors/nope/offsets', { body });
      expectError(answer, 400, 'Partitions / offsets need to be provided for an alter offsets request');
    },
  );

  test('offsets of a connector that is not there: 404', async () => {
    const answer = await alter('/connectors/nope', { partition: { a: 'b' }, offset: null });
    expectError(answer, 404, 'Connector nope not found');
  });

  test.each([
    [{ offsets: {} }],
    [{ offsets: ['x'] }],
    [{ offsets: [{ partition: 'x', offset: { a: 1 } }] }],
    [{ offsets: [{ partition: { a: 'b' }, offset: 7 }] }],
    [{ offsets: [{ partition: { a: 'b' }, offset: null }], other: 1 }],
  ])('offsets of another shape, as in %j, are refused', async (body) => {
    expectRefused(await ask(started(), 'PATCH', '/connectors/nope/offsets', { body }));
  });
}
