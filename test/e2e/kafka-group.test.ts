import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, test } from 'vitest';
import { type Unit, unitPerPartition } from '../../connectors/kafka/assignor.ts';
import type { KafkaClient } from '../../connectors/kafka/client.ts';
import { commitAsEmptyGroup, describeGroup, fetchCommitted } from '../../connectors/kafka/committed.ts';
import { GroupMember, type GroupOptions } from '../../connectors/kafka/group.ts';
import { deleteGroup } from '../../connectors/kafka/topics.ts';
import { uniqueName } from '../services.ts';
import { kafkaClient, newTopic, until } from './kafka-testing.ts';

interface Watched extends AsyncDisposable {
  readonly member: GroupMember;
  readonly events: string[];
}

const idsOf = (units: readonly Unit[]) => units.map((unit) => unit.id.split('/')[1]).join('');

function memberOf(
  client: KafkaClient,
  groupId: string,
  topics: string[],
  options: Partial<GroupOptions> = {},
): Watched {
  const events: string[] = [];
  const member = new GroupMember(client, {
    groupId,
    topics,
    unitsOf: unitPerPartition,
    sessionTimeoutMs: 6000,
    heartbeatIntervalMs: 50,
    onAssigned: (units) => void events.push(`assigned ${idsOf(units)}`),
    onRevoke: () => void events.push('revoke'),
    onLost: () => void events.push('lost'),
    ...options,
  });
  return { member, events, [Symbol.asyncDispose]: () => member.stop() };
}

type Said = { event: string; units?: string[]; lease?: boolean; fenced?: boolean; code?: string };

class Child implements AsyncDisposable {
  readonly said: Said[] = [];
  readonly #process: ChildProcess;

  constructor(groupId: string, topic: string) {
    const script = fileURLToPath(new URL('kafka-member.ts', import.meta.url));
    const command = ['--import', 'tsx', script, inject('services').kafka, groupId, topic];
    this.#process = spawn(process.execPath, command, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#process.stdout! }).on('line', (line) =>
      this.said.push(JSON.parse(line) as Said),
    );
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** Writes a line and waits for what comes of it. */
  async ask(line: string, ...events: string[]): Promise<Said> {
    const from = this.said.length;
    this.#process.stdin!.write(`${line}\n`);
    return this.hears(events, from);
  }

  async hears(events: string[], from = 0): Promise<Said> {
    const find = () => this.said.slice(from).find((said) => events.includes(said.event));
    await until(`the member says ${events.join(' or ')}`, () => find() !== undefined);
    return find()!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL');
  }
}

describe('group members', () => {
  test('share the units, keep what they had, and take over what a leaver had', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client, 4);
    const groupId = uniqueName('group');
    await using a = memberOf(client, groupId, [topic]);
    await a.member.start();
    expect(a.events).toEqual(['assigned 0123']);
    await using b = memberOf(client, groupId, [topic]);
    await b.member.start();
    await until('a has its new share', () => a.events.length === 3);
    expect([a.events, b.events]).toEqual([['assigned 0123', 'revoke', 'assigned 13'], ['assigned 02']]);
    expect((await describeGroup(client, groupId)).members).toHaveLength(2);
    await b.member.stop();
    expect(b.events).toEqual(['assigned 02', 'revoke']);
    await until('a has all again', () => a.events.at(-1) === 'assigned 0123');
    expect(a.member.leaseValid(500)).toBe(true);
    await a.member.stop();
    expect(a.member.leaseValid(500)).toBe(false);
    expect((await describeGroup(client, groupId)).state).toBe('Empty');
    await deleteGroup(client, groupId);
    expect((await describeGroup(client, groupId)).state).toBe('Dead');
  });

  test('await the revoke hook before anything goes to another, and commit in it', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client, 2);
    const groupId = uniqueName('group');
    const order: string[] = [];
    const leases: boolean[] = [];
    await using a = memberOf(client, groupId, [topic], {
      onRevoke: async () => {
        await new Promise((resolve) => setTimeout(resolve, 1500));
        leases.push(a.member.leaseValid(500));
        await a.member.commit([{ topic, partition: 0, offset: 7, metadata: 'drained' }]);
        order.push('a has drained');
      },
    });
    await a.member.start();
    await using b = memberOf(client, groupId, [topic], {
      onAssigned: () => void order.push('b is assigned'),
    });
    await b.member.start();
    expect(order).toEqual(['a has drained', 'b is assigned']);
    expect(leases).toEqual([true]);
    expect((await fetchCommitted(client, groupId, [topic])).get(topic)?.get(0)).toEqual({
      offset: 7,
      metadata: 'drained',
    });
  });

  test('follow a changed subscription', async () => {
    await using client = kafkaClient();
    const [first, second] = [await newTopic(client, 1), await newTopic(client, 2)];
    await using a = memberOf(client, uniqueName('group'), [first]);
    await a.member.start();
    a.member.setTopics([first, second]);
    await until('both topics are assigned', () => a.member.units.length === 3);
    a.member.setTopics([second, first]);
    a.member.setTopics([second]);
    await until('one topic is assigned', () => a.member.units.length === 2);
    expect(a.events.filter((event) => event === 'revoke')).toHaveLength(2);
  });

  test('get units whole, and a topic that does not exist yet is no obstacle', async () => {
    await using client = kafkaClient();
    const [snapshot, changes] = [await newTopic(client, 3), await newTopic(client, 3)];
    const unitsOf = (topics: ReadonlyMap<string, number>): Unit[] =>
      Array.from({ length: Math.max(...topics.values()) }, (_, partition) => ({
        id: `t/${partition}`,
        partitions: [...topics.keys()].map((topic) => ({ topic, partition })),
      }));
    await using a = memberOf(client, uniqueName('group'), [snapshot, changes, uniqueName('missing')], {
      unitsOf,
    });
    await a.member.start();
    const expected = [0, 1, 2].map((partition) =>
      [snapshot, changes].sort().map((topic) => ({ topic, partition })),
    );
    expect(a.member.units.map((unit) => unit.partitions)).toEqual(expected);
  });

  test('commit only what they own', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client, 1);
    await using a = memberOf(client, uniqueName('group'), [topic]);
    const entry = { topic, partition: 0, offset: 1, metadata: '' };
    await expect(a.member.commit([entry])).rejects.toMatchObject({ fenced: true });
    await a.member.start();
    await a.member.commit([entry]);
    await expect(a.member.commit([{ ...entry, partition: 1 }])).rejects.toMatchObject({ code: 'FENCED' });
    const committed = await a.member.fetchCommitted([{ topic, partitions: [0] }]);
    expect(committed.get(topic)?.get(0)?.offset).toBe(1);
  });

  test('fail to start where another kind of group is, with the reason', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client, 1);
    const groupId = uniqueName('group');
    await using a = memberOf(client, groupId, [topic], { sessionTimeoutMs: 1 });
    await expect(a.member.start()).rejects.toMatchObject({ code: 'INVALID_SESSION_TIMEOUT' });
  });
});

describe('a member in another process', () => {
  test('that is killed loses its partitions when its session is over', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client, 2);
    const groupId = uniqueName('group');
    await using child = new Child(groupId, topic);
    await child.hears(['assigned']);
    child.signal('SIGKILL');
    const killedAt = performance.now();
    await using a = memberOf(client, groupId, [topic]);
    await a.member.start();
    expect(a.events).toEqual(['assigned 01']);
    expect(performance.now() - killedAt).toBeGreaterThan(4000);
  });

  test('that was frozen wakes up without a lease, and its commit is refused', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client, 1);
    const groupId = uniqueName('group');
    await using child = new Child(groupId, topic);
    await child.hears(['assigned']);
    expect((await child.ask('lease', 'lease')).lease).toBe(true);
    expect((await child.ask('commit 5', 'committed', 'refused')).event).toBe('committed');
    child.signal('SIGSTOP');
    await using a = memberOf(client, groupId, [topic]);
    await a.member.start();
    await a.member.commit([{ topic, partition: 0, offset: 9, metadata: 'taken over' }]);
    const woken = child.ask('commit 6', 'committed', 'refused');
    child.signal('SIGCONT');
    expect((await child.hears(['woke'])).lease).toBe(false);
    expect(await woken).toMatchObject({ event: 'refused', fenced: true });
    await child.hears(['lost']);
    const committed = await fetchCommitted(client, groupId, [topic]);
    expect(committed.get(topic)?.get(0)).toEqual({ offset: 9, metadata: 'taken over' });
  });
});

describe('an empty group', () => {
  test('gets commits without a member, with their metadata', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client, 2);
    const groupId = uniqueName('group');
    expect((await describeGroup(client, groupId)).state).toBe('Dead');
    const metadata = JSON.stringify({ written: 12, clean: true, ü: '✓' });
    await commitAsEmptyGroup(client, groupId, [{ topic, partition: 1, offset: 42, metadata }]);
    const committed = await fetchCommitted(client, groupId, [topic, uniqueName('missing')]);
    expect([...committed.keys()]).toEqual([topic]);
    expect([...committed.get(topic)!]).toEqual([
      [0, { offset: null, metadata: '' }],
      [1, { offset: 42, metadata }],
    ]);
  });

  test('is the only one that does', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client, 1);
    const groupId = uniqueName('group');
    await using a = memberOf(client, groupId, [topic]);
    await a.member.start();
    const commit = commitAsEmptyGroup(client, groupId, [{ topic, partition: 0, offset: 1, metadata: '' }]);
    await expect(commit).rejects.toMatchObject({ code: 'NON_EMPTY_GROUP' });
  });
});
