import { beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import type { TopicSpec } from '../../../connectors/kafka/topics.ts';
import { createLogger } from '../../../connectors/log.ts';
import type { ErrorHandling } from '../../../connectors/runtime/error-handling.ts';
import { PartitionRun } from '../../../connectors/runtime/source/partition-run.ts';
import type { Publication } from '../../../connectors/runtime/source/publisher.ts';
import { SourceLetters } from '../../../connectors/runtime/source/source-letters.ts';
import type { SourceDefinition, SourceWorld } from '../../../connectors/runtime/source/source-world.ts';
import type { TaskRun } from '../../../connectors/runtime/source/task-run.ts';
import { Turns } from '../../../connectors/runtime/turns.ts';

const created = vi.hoisted(() => [] as { spec: TopicSpec; published: number }[]);
const published: Publication[] = [];

vi.mock('../../../connectors/kafka/topics.ts', () => ({
  ensureTopics: async (_kafka: unknown, specs: readonly TopicSpec[]) => {
    for (const spec of specs) created.push({ spec, published: published.length });
  },
}));

beforeEach(() => {
  created.length = 0;
  published.length = 0;
});

/** Reads two batches of one line each, both bad. */
async function run(handling: ErrorHandling, lines: Record<string, unknown>[] = []) {
  const log = createLogger({
    level: 'warn',
    format: 'json',
    destination: { write: (line) => lines.push(JSON.parse(line)) },
  });
  const definition = {
    name: 'm-snapshot',
    run: { kind: 'snapshot', plugin: { name: 'S3ExportSource' } },
    tolerance: 'all',
    ...handling,
  } as unknown as SourceDefinition;
  const world = { kafka: {}, topics: { deadLetters: 'm.dead-letters' }, clock: systemClock, log };
  const task = {
    ...world,
    definition,
    task: 1,
    partitions: 1,
    converter: {},
    offsets: () => ({ entry: () => ({ key: 'k', value: 'v' }) }),
    turns: new Turns(1),
    letters: new SourceLetters(definition, 1, world as unknown as SourceWorld),
    publisher: {
      room: async () => {},
      publish: async (publication: Publication) => void published.push(publication),
    },
    context: { clock: systemClock, log, signal: new AbortController().signal },
    report: { fault: () => {} },
  } as unknown as TaskRun;
  const error = (line: number) =>
    new ConnectError('RECORD_NUMBER', 'not a number', { detail: { table: 'Music', file: 'a', line } });
  const batch = (line: number) => ({
    records: [],
    rejected: [{ error: error(line), bytes: Buffer.from(`line ${line}`) }],
    position: { line },
    done: line === 2,
    bytes: 1,
  });
  let line = 0;
  const reader = { poll: async () => batch(++line), [Symbol.asyncDispose]: async () => {} };
  const name = { table: 'Music', of: 's', partition: 'a' };
  await new PartitionRun(task, name, 'm.Music.snapshot', null, async () => reader).run();
}

const letters = () => published.flatMap(({ batches }) => batches);
const settings = { topic: 'bad', replicationFactor: 2, contextHeaders: true };

test('a line that cannot be read goes to the world’s dead-letter topic, which is there, unless told otherwise', async () => {
  await run({});
  expect(created).toEqual([]);
  expect(letters().map(({ topic, partition }) => [topic, partition])).toEqual([
    ['m.dead-letters', 0],
    ['m.dead-letters', 0],
  ]);
});

test('the topic of errors.deadletterqueue.topic.name is made once, before the first line is published', async () => {
  await run({ deadLetters: settings });
  expect(created).toEqual([
    { spec: expect.objectContaining({ topic: 'bad', partitions: 1, replicationFactor: 2 }), published: 0 },
  ]);
  expect(letters().map(({ topic }) => topic)).toEqual(['bad', 'bad']);
  expect(Object.fromEntries(letters()[1]?.records[0]?.headers ?? [])).toMatchObject({
    '__connect.errors.connector.name': 'm-snapshot',
    '__connect.errors.stage': 'VALUE_CONVERTER',
    'messina.line': '2',
  });
});

test('a line is kept as it is where context headers are not wanted', async () => {
  await run({ deadLetters: { ...settings, contextHeaders: false } });
  expect(letters()[0]?.records[0]).toMatchObject({ value: Buffer.from('line 1'), headers: [] });
});

test('a line that is set aside is logged by its place, never with its text', async () => {
  const lines: Record<string, unknown>[] = [];
  const errors = { retryTimeoutMs: -1, retryDelayMaxMs: 1, log: true, logMessages: true };
  await run({ errors }, lines);
  expect(lines).toEqual([
    expect.objectContaining({ table: 'Music', code: 'RECORD_NUMBER', file: 'a', line: 1 }),
    expect.objectContaining({ line: 2 }),
  ]);
  expect(JSON.stringify(lines)).not.toContain('line 1');
});
