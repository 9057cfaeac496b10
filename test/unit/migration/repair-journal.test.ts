import { expect, test } from 'vitest';
import { KafkaJournal } from '../../../migration/verify/repair-journal.ts';
import { keyOf } from './verify-world.ts';

/** A status topic in memory. */
class Status {
  readonly values = new Map<string, string>();
  writes = 0;

  get(key: string): string | null {
    return this.values.get(key) ?? null;
  }

  async write(key: string, value: unknown): Promise<void> {
    this.writes += 1;
    if (value === null) this.values.delete(key);
    else this.values.set(key, JSON.stringify(value));
  }

  open(keys: readonly string[] | null = null): KafkaJournal {
    return new KafkaJournal(this, this, 'music-alternator', 'Music', keys?.map(keyOf) ?? null);
  }
}

test('a repair that ended leaves nothing behind, and one that wrote nothing says nothing', async () => {
  const status = new Status();
  await status.open().end();
  expect(status.writes).toBe(0);
  const journal = status.open();
  expect(journal.wasInterrupted).toBe(false);
  await journal.begin([keyOf('a'), keyOf('b')]);
  await journal.end();
  expect(status.values.size).toBe(0);
});

test('one that was killed is seen by the next, which takes over what it compares', async () => {
  const status = new Status();
  await status.open().begin([keyOf('a'), keyOf('b')]);
  const next = status.open();
  expect(next).toMatchObject({ wasInterrupted: true, left: 0 });
  await next.end();
  expect(status.open().wasInterrupted).toBe(false);
});

test('keys that a run does not compare stay, until one does', async () => {
  const status = new Status();
  await status.open().begin([keyOf('a'), keyOf('b')]);
  const other = status.open(['b', 'c']);
  expect(other).toMatchObject({ wasInterrupted: true, left: 1 });
  await other.begin([keyOf('c')]);
  expect(status.open()).toMatchObject({ wasInterrupted: true });
  await other.end();
  expect(status.open(['b', 'c']).left).toBe(1);
  await status.open(['a']).end();
  expect(status.values.size).toBe(0);
});

test('its record names no key', async () => {
  const status = new Status();
  await status.open().begin([keyOf('secret')]);
  expect(JSON.stringify([...status.values])).not.toContain('secret');
});
