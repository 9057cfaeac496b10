import { expect, test } from 'vitest';
import { makeConnectorName } from '../rest/rest-client.ts';
import type { RestWorker } from '../rest/rest-worker.ts';
import { driveByJavaClient } from './java-client.ts';

/** What a client from Java makes of a worker's answers: `org.sourcelab:kafka-connect-client`, on which AKHQ is built. */
export function javaClientSuite(started: () => RestWorker, password: string | null = null): void {
  test('a Java client understands every answer', async () => {
    const worker = started();
    const name = makeConnectorName();
    const config = await worker.sinkConfig(name);
    const steps = await driveByJavaClient(worker.url, { name, config }, password);
    const connector = { name, type: 'sink', config: { ...config, name } };
    expect(steps).toMatchObject({
      version: { version: expect.stringMatching(/^\d+\.\d+\.\d+$/), kafkaClusterId: expect.any(String) },
      plugins: expect.arrayContaining([
        expect.objectContaining({ type: 'sink', version: expect.any(String) }),
      ]),
      validation: { name: worker.sinkClass, errorCount: expect.any(Number), configs: expect.any(Array) },
      created: connector,
      createdAgain: { error: 409, message: `Connector ${name} already exists` },
      invalid: { error: 400, message: expect.stringMatching(/^Connector configuration is invalid/) },
      connectors: expect.arrayContaining([name]),
      expanded: { mappedDefinitions: { [name]: connector }, mappedStatuses: { [name]: { name } } },
      connector,
      config: { ...config, name },
      status: { name, type: 'sink', connector: { state: expect.any(String) } },
      tasks: expect.any(Array),
      topics: { name, topics: expect.any(Array) },
      topicsReset: true,
      updated: connector,
      paused: true,
      resumed: true,
      restarted: true,
      deleted: true,
      missing: { error: 404, message: `Connector ${name} not found` },
    });
  });
}
