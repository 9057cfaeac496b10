import type { KafkaClient } from '../../connectors/kafka/client.ts';
import type { CommitEntry, Committed, GroupDescription } from '../../connectors/kafka/committed.ts';
import { KafkaError } from '../../connectors/kafka/errors.ts';
import type { MembershipOptions } from '../../connectors/kafka/membership.ts';
import type { OutRecord } from '../../connectors/kafka/wire/record-batch.ts';
import type { Appended } from './broker.ts';
import type { Joined } from './coordinator.ts';
import { isOff } from './naive.ts';
import { type Site, siteOf } from './site.ts';

type State = 'fresh' | 'ready' | 'open' | 'failed' | 'fenced' | 'closed';

/** As connectors/kafka/producer.ts, over the model's broker; now and then a request or an answer is lost. */
export class TransactionalProducer {
  readonly transactionalId: string;
  readonly #site: Site;
  #state: State = 'fresh';
  #epoch = -1;

  constructor(client: KafkaClient, transactionalId: string) {
    this.#site = siteOf(client);
    this.transactionalId = transactionalId;
  }

  static async fence(client: KafkaClient, transactionalIds: readonly string[]): Promise<void> {
    for (const id of transactionalIds) await new TransactionalProducer(client, id).init();
  }

  async init(): Promise<void> {
    const { time, process, broker } = this.#site;
    this.#epoch = await time.request(process, () => broker.initProducer(this.transactionalId));
    this.#state = 'ready';
  }

  begin(): void {
    if (this.#state !== 'ready') throw this.#misused('begin');
    this.#state = 'open';
  }

  async send(
    topic: string,
    partition: number,
    records: readonly OutRecord[],
  ): Promise<{ baseOffset: number }> {
    const [baseOffset] = await this.sendAll([{ topic, partition, records }]);
    return { baseOffset: baseOffset! };
  }

  sendAll(entries: readonly Appended[]): Promise<number[]> {
    const { broker } = this.#site;
    return this.#step('send', 'open', () => broker.append(this.transactionalId, this.#epoch, entries));
  }

  async commit(): Promise<void> {
    const { broker } = this.#site;
    await this.#step('commit', 'open', () =>
      broker.endTransaction(this.transactionalId, this.#epoch, 'committed'),
    );
    this.#state = 'ready';
  }

  async abort(): Promise<void> {
    const { broker, time, process } = this.#site;
    if (this.#state !== 'failed' && this.#state !== 'open') throw this.#misused('abort');
    await time.request(process, () => broker.endTransaction(this.transactionalId, this.#epoch, 'aborted'));
    this.#state = 'ready';
  }

  async close(): Promise<void> {
    this.#state = 'closed';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #step<T>(step: string, from: State, serve: () => T): Promise<T> {
    if (this.#state !== from) throw this.#misused(step);
    const { time, process, kafkaFaults, transactionMs } = this.#site;
    const isLost = time.random.chance(kafkaFaults);
    const isServed = !isLost || time.random.chance(0.5);
    try {
      const served = await time.request(process, () => (isServed ? serve() : null), transactionMs);
      if (isLost) throw new KafkaError('CONNECTION_LOST', `${step} of "${this.transactionalId}"`);
      return served as T;
    } catch (error) {
      const fenced = error instanceof KafkaError && error.fenced;
      if (this.#state !== 'closed') this.#state = fenced ? 'fenced' : 'failed';
      throw error;
    }
  }

  #misused(step: string): KafkaError {
    if (this.#state === 'fenced') return new KafkaError('FENCED', this.transactionalId);
    const code = this.#state === 'closed' ? 'CLIENT_CLOSED' : 'PRODUCER_FAILED';
    return new KafkaError(code, `${step} of "${this.transactionalId}" in state "${this.#state}"`);
  }
}

/** As connectors/kafka/plain-producer.ts. */
export class PlainProducer {
  readonly #site: Site;

  constructor(client: KafkaClient) {
    this.#site = siteOf(client);
  }

  async send(
    topic: string,
    partition: number,
    records: readonly OutRecord[],
  ): Promise<{ baseOffset: number }> {
    const [baseOffset] = await this.sendAll([{ topic, partition, records }]);
    return { baseOffset: baseOffset! };
  }

  sendAll(entries: readonly Appended[]): Promise<number[]> {
    const { time, process, broker } = this.#site;
    return time.ask(process, () => broker.append(null, -1, entries));
  }

  async close(): Promise<void> {}
}

/** As connectors/kafka/membership.ts: the real GroupMember runs on it. */
export class Membership {
  readonly #site: Site;
  readonly #options: MembershipOptions;
  #cut: (error: KafkaError) => void = () => {};
  #closed = false;
  memberId = '';
  generation = -1;

  constructor(client: KafkaClient, options: MembershipOptions) {
    this.#site = siteOf(client);
    this.#options = options;
  }

  async join(topics: readonly string[], owned: readonly string[], onSync: () => void): Promise<Joined> {
    const { time, process, coordinator } = this.#site;
    const { groupId, ...rest } = this.#options;
    const claims = { ...rest, topics, owned, generation: this.generation };
    if (this.#closed) throw new KafkaError('CLIENT_CLOSED', groupId);
    const cut = new Promise<never>((_, reject) => {
      this.#cut = reject;
    });
    const joined = time.request(process, () => coordinator.join(groupId, this.memberId, claims));
    joined.catch(() => {});
    const { memberId, generation, units } = await Promise.race([joined, cut]);
    this.memberId = memberId;
    onSync();
    await time.request(process, () => coordinator.heartbeat(groupId, memberId, generation));
    this.generation = generation;
    return { memberId, generation, units };
  }

  heartbeat(): Promise<void> {
    const { time, process, coordinator } = this.#site;
    const { memberId, generation } = this;
    return time.ask(process, () => coordinator.heartbeat(this.#options.groupId, memberId, generation));
  }

  commit(generation: number, memberId: string, entries: readonly CommitEntry[]): Promise<void> {
    const { time, process, coordinator } = this.#site;
    return time.request(process, () =>
      coordinator.commit(this.#options.groupId, memberId, generation, entries),
    );
  }

  async leave(): Promise<void> {
    const { time, process, coordinator } = this.#site;
    const { memberId } = this;
    if (memberId === '') return;
    this.forget();
    await time.request(process, () => coordinator.leave(this.#options.groupId, memberId));
  }

  forget(): void {
    this.memberId = '';
    this.generation = -1;
  }

  forgetCoordinator(): void {}

  async cutJoin(): Promise<void> {
    this.#closed = true;
    this.#cut(new KafkaError('CONNECTION_LOST', 'joining was cut off'));
  }

  async close(): Promise<void> {}
}

export function endOffsets(client: KafkaClient, topic: string): Promise<number[]> {
  const { time, process, broker } = siteOf(client);
  return time.request(process, () => {
    return Array.from({ length: broker.partitions(topic) }, (_, partition) => broker.end(topic, partition));
  });
}

export function highWatermarks(client: KafkaClient, topic: string): Promise<number[]> {
  const { time, process, broker } = siteOf(client);
  // Only what looks for gone keys asks this of snapshot topics.
  const isEarly = topic.endsWith('.snapshot') && isOff('C11.order');
  const end = (partition: number) =>
    isEarly ? broker.lastWithoutKey(topic, partition) + 1 : broker.highWatermark(topic, partition);
  return time.request(process, () =>
    Array.from({ length: broker.partitions(topic) }, (_, partition) => end(partition)),
  );
}

export async function beginOffsets(client: KafkaClient, topic: string): Promise<number[]> {
  return new Array<number>(siteOf(client).broker.partitions(topic)).fill(0);
}

export function describeGroup(client: KafkaClient, groupId: string): Promise<GroupDescription> {
  const { time, process, coordinator } = siteOf(client);
  return time.ask(process, () => coordinator.describe(groupId));
}

/** Asked once per table, before a sink writes first: no time passes, so that histories stay what they are. */
export async function fetchCommitted(client: KafkaClient, groupId: string, topics: readonly string[]) {
  const { broker, coordinator } = siteOf(client);
  const of = (topic: string) =>
    Array.from({ length: broker.partitions(topic) }, (_, partition) => {
      return [partition, coordinator.committed(groupId, topic, partition)] as const;
    });
  return new Map(topics.map((topic) => [topic, new Map(of(topic))]));
}

export function fetchCommittedOf(
  client: KafkaClient,
  groupId: string,
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): Promise<Map<string, Map<number, Committed>>> {
  const { time, process, coordinator } = siteOf(client);
  const of = (topic: string, partitions: readonly number[]) =>
    new Map(partitions.map((partition) => [partition, coordinator.committed(groupId, topic, partition)]));
  return time.request(
    process,
    () => new Map(topics.map(({ topic, partitions }) => [topic, of(topic, partitions)])),
  );
}
