import { expect, test } from 'vitest';
import { startKafka } from '../../local/kafka.ts';
import { freePorts } from '../../local/ports.ts';
import { testServices } from '../services.ts';
import { post, printedConnectors, statusAt, untilRunning } from './harness/connectors.ts';
import { migrationFile } from './harness/migration-file.ts';
import { musicUnderLoad, untilChangesFlow } from './harness/music-load.ts';
import { witness } from './harness/scene.ts';
import { Worker } from './harness/worker.ts';
import { until } from './kafka-testing.ts';

/** What a worker has beyond the time of its tasks to say how they are and to leave its group. */
const LEAVE_GRACE_MS = 10_000;
/** Of a machine that is busy. */
const SLACK_MS = 20_000;

test('workers that are stopped while Kafka is away end in time, and say what they could not do', async () => {
  await using kafka = await startKafka();
  await using shared = await testServices();
  const services = { ...shared, kafka: { bootstrap: kafka.bootstrap } };
  await using load = await musicUnderLoad(services, { items: 100, seed: 111, rate: 20 });
  await using file = await migrationFile(services, { tables: ['Music'] });
  const shutdownMs = 2000;
  const timeout = { 'task.shutdown.graceful.timeout.ms': String(shutdownMs) };
  const options = (threads: string) => ({ settings: { ...timeout, 'worker.threads': threads } });
  await using source = await Worker.start('source', services, options('2'));
  await using sink = await Worker.start('sink', services, options('0'));
  const connectors = await printedConnectors(file.path);
  await post(source, connectors);
  await using seen = await witness(file.path, 'Music');
  await untilChangesFlow(seen);
  for (const connector of connectors) await untilRunning(sink, connector.name, 2);

  await load.stop();
  await kafka.kill();
  const beganMs = performance.now();
  for (const { process } of [source, sink]) process.kill('SIGTERM');
  for (const { process } of [source, sink]) {
    const { code, stderr } = await process.ended;
    expect(performance.now() - beganMs).toBeLessThan(shutdownMs + LEAVE_GRACE_MS + SLACK_MS);
    expect([0, 1], stderr.slice(-3000)).toContain(code);
    expect(stderr).toMatch(/Kafka does not answer: the group is not left/);
  }
});

test('workers are known by the address that they advertise, and two of one address say so', async () => {
  await using services = await testServices();
  const settings = { 'rest.advertised.port': '18083', 'session.timeout.ms': '6000' };
  await using first = await Worker.start('sink', services, { settings });
  await using second = await Worker.start('sink', services, { settings });
  await using file = await migrationFile(services, { tables: ['Music'] });
  const [, , sink] = await printedConnectors(file.path);
  await post(first, [sink!]);
  await untilRunning(second, sink!.name, 2);
  expect((await statusAt(second, sink!.name)).connector.worker_id).toBe('127.0.0.1:18083');
  for (const { process } of [first, second]) {
    const twin =
      /another worker of the group is at http:\/\/127\.0\.0\.1:18083 too.*rest\.advertised\.host\.name/;
    await until('it is said', () => twin.test(process.stderr));
    expect(process.stderr.match(new RegExp(twin, 'g'))).toHaveLength(1);
  }
  for (const worker of [first, second]) await worker.stop();
});

test('a worker that is started before its broker waits for it, or for the end', async () => {
  await using shared = await testServices();
  const [port] = await freePorts(1);
  const services = { ...shared, kafka: { bootstrap: `127.0.0.1:${port}` } };
  await using stopped = await Worker.launch('sink', services);
  await using waiting = await Worker.launch('source', services);
  const waits = /no broker of bootstrap\.servers \(127\.0\.0\.1:\d+\) answers yet/;
  for (const worker of [stopped, waiting]) await until('it is said', () => waits.test(worker.log));
  const beganMs = performance.now();
  await stopped.stop();
  expect(performance.now() - beganMs).toBeLessThan(SLACK_MS);
  await using _kafka = await startKafka({ port: port! });
  await waiting.untilReady();
  await waiting.stop();
});
