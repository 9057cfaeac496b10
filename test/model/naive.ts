import type { Broker } from './broker.ts';

/** Each rule's absence, as somebody who does not know the rule would write it. */
export const NAIVE = {
  'C1.slack': 'the snapshot is taken without the slack',
  'C1.mending': 'a chain of windows is believed before it was mended',
  'C2.plus1': 'V is the creation time alone',
  'C2.child': "a child does not start with its parent's V",
  'C2.below': 'a snapshot row carries X, not V0 + rank',
  'C2.epoch': 'a new epoch does not begin above what was published before',
  'C2.rank': 'windows carry the version of their full snapshot',
  'C3.transaction': 'positions are stored outside the transaction of their records',
  'C3.fencing': 'nobody is fenced',
  'C3.generation': 'a changed number of tasks fences nobody of the old distribution',
  'C3.epoch': 'a new epoch neither fences nor stops who runs in the old one',
  'C3.after': 'positions are read before the fencing',
  'C5.parent': 'a child is read before its parent is drained',
  'C5.horizon': 'new shards are read from LATEST',
  'C5.silence': 'a long silence is no gap',
  'C6.version': 'a sink with versions writes with the time of the server',
  'C7.gate': 'changes do not wait for the rows',
  'C7.begin': "a newer snapshot's begin-marker does not close the gate",
  'C7.window': 'the first complete-marker of a chain opens the gate',
  'C7.replay': "a replay goes below the snapshot's offset",
  'C7.offset': 'changes go on from where the topic ends when the snapshot is there',
  'C7.flight': 'all changes of a batch are sent at once',
  'C7.unknown': 'an unknown outcome is tried again at once',
  'C7.takeover': 'no wait after a take-over',
  'C7.running': 'every commit says clean',
  'C7.sticky': 'a key goes to any node',
  'C7.skew': 'no pause when nodes are re-assigned',
  'C7.spacing': 'no spacing behind a load balancer',
  'C7.lease': 'a zombie goes on writing',
  'C8.prefix': 'commits before all is written',
  'C9.superseded': 'what a later record stands in for is not counted',
  'C9.filter': 'a filtered change is dropped',
  'C9.replay': 'a replay does not begin to count anew',
  'C11.sweep': 'a later snapshot does not say what is gone',
  'C11.order': 'what is gone is looked up before all rows stand',
} as const;

export type NaiveRule = keyof typeof NAIVE;

let off: NaiveRule | null = null;

/** Switches one rule off, for the histories that follow; null: all rules hold. */
export function switchOff(rule: NaiveRule | null): void {
  off = rule;
}

export function isOff(rule: NaiveRule): boolean {
  return off === rule;
}

let broker: Broker | null = null;

/** The broker of the history that runs now, for what a naive reader would ask it at the wrong time. */
export function setBroker(current: Broker): void {
  broker = current;
}

export function endsNow(topic: string): number[] {
  const partitions = broker?.partitions(topic) ?? 0;
  return Array.from({ length: partitions }, (_, partition) => broker?.end(topic, partition) ?? 0);
}
