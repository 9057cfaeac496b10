import type { describeGroup } from '../connectors/kafka/committed.ts';

/** Who is in a group, for people: ` by messina at 127.0.0.1`; empty where nobody is. */
export function membersAt(members: Awaited<ReturnType<typeof describeGroup>>['members']): string {
  // Kafka writes a host as `/127.0.0.1`, or `name/127.0.0.1`.
  const who = members.map(({ clientId, host }) => `${clientId} at ${host.replace(/^\//, '')}`);
  return who.length === 0 ? '' : ` by ${[...new Set(who)].join(', ')}`;
}
