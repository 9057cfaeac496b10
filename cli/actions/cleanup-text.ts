import type { Kept, Leftover } from '../../migration/cleanup/leftover.ts';

const kinds: Readonly<Record<Leftover['kind'], string>> = {
  topic: 'topic',
  group: 'consumer group',
  stream: 'stream of table',
  pitr: 'point-in-time recovery of table',
};

const nameOf = ({ kind, name }: Leftover) => `${kinds[kind]} ${name}`;

/** What would be, or was, removed and kept, for people. */
export function cleanupText(title: string, remove: readonly Leftover[], keep: readonly Kept[]): string {
  return [
    title,
    ...remove.map((one) => `  ${nameOf(one)}`),
    ...(keep.length === 0 ? [] : ['These stay:']),
    ...keep.map((one) => `  ${nameOf(one)}: ${one.why}`),
  ].join('\n');
}
