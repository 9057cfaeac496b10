import { join } from 'node:path';

export interface KafkaAddress {
  readonly port: number;
  readonly controllerPort: number;
}

/**
 * The broker's `server.properties`: one KRaft node that is broker and controller, quick to start. One partition for the internal
 * topics keeps their first use quick. The session stays Kafka's own, nine seconds: with a shorter one a broker killed with SIGKILL would
 * be back sooner, but on a busy machine it would count as away now and then.
 * Record batches may be as large as a topic's `max.message.bytes` allows, 8 MiB for ours.
 */
export function kafkaSettings(
  directory: string,
  address: KafkaAddress,
  overrides: Readonly<Record<string, string | number | boolean>>,
): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${address.controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${address.port},CONTROLLER://127.0.0.1:${address.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${address.port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(directory, 'logs'),
    'auto.create.topics.enable': false,
    'num.partitions': 1,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'transaction.max.timeout.ms': 3_600_000,
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1_000,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1_000,
    'replica.fetch.max.bytes': 10 << 20,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'background.threads': 2,
    'num.recovery.threads.per.data.dir': 1,
    'log.cleaner.threads': 1,
    'log.cleaner.dedupe.buffer.size': 16 << 20,
    ...overrides,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
