import { createInterface } from 'node:readline';
import { unitPerPartition } from '../../connectors/kafka/assignor.ts';
import { KafkaClient } from '../../connectors/kafka/client.ts';
import { GroupMember } from '../../connectors/kafka/group.ts';

/**
 * A group member in a process of its own, to be frozen and killed: `kafka-member.ts BOOTSTRAP GROUP TOPIC`.
 *
 * Says a line of JSON for each callback; asked with `lease` or `commit OFFSET`, it answers.
 */
const [bootstrap, groupId, topic] = process.argv.slice(2) as [string, string, string];
const say = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};
const client = new KafkaClient({ brokers: [bootstrap], clientId: 'child' });
const member = new GroupMember(client, {
  groupId,
  topics: [topic],
  unitsOf: unitPerPartition,
  sessionTimeoutMs: 6000,
  heartbeatIntervalMs: 200,
  onAssigned: (units) => say({ event: 'assigned', units: units.map((unit) => unit.id) }),
  onRevoke: () => say({ event: 'revoke' }),
  onLost: () => say({ event: 'lost' }),
});
await member.start();
// The first thing that runs after a freeze sees what the lease says then.
let lastTick = Date.now();
setInterval(() => {
  const now = Date.now();
  if (now - lastTick > 3000) say({ event: 'woke', lease: member.leaseValid(500) });
  lastTick = now;
}, 5);
for await (const line of createInterface({ input: process.stdin })) {
  const [word, offset] = line.split(' ');
  if (word === 'lease') say({ event: 'lease', lease: member.leaseValid(500) });
  if (word === 'commit') {
    await member.commit([{ topic, partition: 0, offset: Number(offset), metadata: 'child' }]).then(
      () => say({ event: 'committed' }),
      (error: { code: string; fenced: boolean }) =>
        say({ event: 'refused', code: error.code, fenced: error.fenced }),
    );
  }
}
