import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { InRecord } from '../../../connectors/kafka/wire/record-decode.ts';
import type { Letter } from '../../../connectors/runtime/dead-letters/letter.ts';
import { FRESH_LANE, type LaneState } from '../../../connectors/runtime/sink/lane-state.ts';
import { topicNames } from '../../../connectors/topic-names.ts';
import { retryLanesOf } from '../../../migration/dead-letters/retry-lanes-of.ts';
import { shownLetter } from '../../../migration/dead-letters/show.ts';
import { type LetterFilter, openWaiting } from '../../../migration/dead-letters/waiting-letters.ts';
import type { TopicsView } from '../../../migration/topics-view.ts';
import { encodeKey } from '../../../schemas/key.ts';
import type { Topics } from '../runtime/topic-fakes.ts';

const topics = vi.hoisted(() => new Map()) as Topics;
const states = vi.hoisted(() => new Map()) as Map<string, LaneState>;

vi.mock('../../../connectors/kafka/reader.ts', async () => ({
  TopicReader: (await import('../runtime/topic-fakes.ts')).memoryReader(topics),
}));
vi.mock('../../../connectors/kafka/offsets.ts', async () =>
  (await import('../runtime/topic-fakes.ts')).memoryOffsets(topics),
);
vi.mock('../../../migration/replay/replay-lanes.ts', () => ({
  lanesOf: async (_view: unknown, connector: string, tables: readonly string[]) => {
    const state = states.get(connector);
    return new Map(tables.map((table) => [table, state ? [{ partition: 2, state }] : []]));
  },
}));

const names = topicNames('m', {}, 'dead');
const view = {
  kafka: {},
  names,
  catalog: { tables: () => [{ facts: { table: 'A' } }, { facts: { table: 'B' } }] },
} as unknown as TopicsView;

interface Given {
  readonly connector?: string;
  readonly table?: string;
  readonly reason?: string;
  /** Null: of a source. */
  readonly offset?: number | null;
}

function add({
  connector = 'm-alternator',
  table = 'A',
  reason = 'RECORD_REFUSED',
  offset = 7,
}: Given): void {
  const dead = topics.get('dead')!;
  const headers = {
    'messina.table': table,
    'messina.set_aside': '2026-11-21T00:00:00.000Z',
    '__connect.errors.connector.name': connector,
    '__connect.errors.topic': names.changes(table),
    ...(offset === null
      ? { 'messina.line': '3' }
      : { '__connect.errors.partition': '2', '__connect.errors.offset': String(offset) }),
    '__connect.errors.exception.class.name': reason,
    '__connect.errors.exception.message': 'no',
  };
  dead.push({
    offset: dead.length,
    timestampMs: 0,
    key: encodeKey([{ name: 'id', type: 'S' }], new Map([['id', { S: 'secret' }]])),
    value: Buffer.alloc(0),
    headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const),
  } satisfies InRecord);
}

beforeEach(() => {
  topics.clear();
  topics.set('dead', []);
  states.clear();
});

const own: LetterFilter = { connectors: ['m-alternator', 'm-changes'], tables: [], reason: null };
const read = () => ({ topic: 'dead', end: topics.get('dead')!.length });
const open = (filter: LetterFilter) => openWaiting(view, read(), filter, new AbortController().signal);
async function found(filter: LetterFilter = own): Promise<Letter[]> {
  const letters: Letter[] = [];
  for await (const some of (await open(filter)).read()) letters.push(...some);
  return letters;
}
const at = async (filter?: LetterFilter) => (await found(filter)).map((letter) => letter.at);

describe('letters that wait', () => {
  test('are one for each record: the newest, with its reason', async () => {
    add({});
    add({ offset: 8 });
    add({ reason: 'RECORD_TOO_LARGE' });
    expect(await at()).toEqual([1, 2]);
    expect(await at({ ...own, reason: 'RECORD_REFUSED' })).toEqual([1]);
  });

  test("are the file's own; another target's are its own, unless everybody's are asked for", async () => {
    add({});
    add({ connector: 'm-other' });
    expect(await at()).toEqual([0]);
    expect(await at({ ...own, connectors: null })).toEqual([0, 1]);
  });

  test('are those of the tables asked for', async () => {
    add({});
    add({ table: 'B' });
    expect(await at({ ...own, tables: ['B'] })).toEqual([1]);
  });

  test('are not those that were retried; letters of sources always wait', async () => {
    add({});
    add({ connector: 'm-changes', offset: null });
    add({ offset: 8 });
    states.set('m-alternator', { ...FRESH_LANE, settled: { topic: 'dead', below: 2, byReason: {} } });
    expect(await at()).toEqual([1, 2]);
  });
});

test('a letter without context headers is nobody’s: it is counted, and not taken for one that waits', async () => {
  add({});
  const bare = {
    ...topics.get('dead')![0]!,
    offset: 1,
    headers: [['messina.op', Buffer.from('u')] as const],
  };
  topics.get('dead')!.push(bare);
  const everybodys = { ...own, connectors: null };
  for (const filter of [own, everybodys]) {
    expect(await at(filter)).toEqual([0]);
    expect((await open(filter)).withoutContext).toBe(1);
  }
});

describe('what a retry sends', () => {
  const lanesOf = async (reason: string | null) =>
    retryLanesOf(await open(own), { sink: 'm-alternator', tables: ['A'], names, reason, read: read() });

  test('is sorted by lane; a lane without a letter of the reason is left alone, and knows of the others', async () => {
    add({});
    add({ offset: 8, reason: 'RECORD_TOO_LARGE' });
    add({ table: 'B' });
    add({ connector: 'm-changes', offset: null, reason: 'RECORD_NUMBER' });
    const all = await lanesOf(null);
    expect([...all.lanes.keys()]).toEqual(['A/2']);
    expect(all.lanes.get('A/2')?.letters).toHaveLength(2);
    expect(all.ofSources).toBe(1);
    expect((await lanesOf('RECORD_TOO_LARGE')).lanes.get('A/2')?.letters).toHaveLength(2);
    expect(await lanesOf('RECORD_KEY')).toEqual({ lanes: new Map(), ofSources: 0 });
  });
});

describe('a shown letter', () => {
  test('names key attributes, and shows the key only where that is asked for', async () => {
    add({});
    const [letter] = await found();
    const shown = shownLetter(letter!, ['id'], false);
    expect(shown).toMatchObject({
      keyAttributes: ['id'],
      place: { topic: 'm.A.changes', partition: 2, offset: 7 },
      retriable: true,
    });
    expect(JSON.stringify(shown)).not.toContain('secret');
    expect(shownLetter(letter!, ['id'], true).key).toEqual({ id: { S: 'secret' } });
  });

  test('with a key that is none of ours is shown without', async () => {
    add({ offset: null });
    const [letter] = await found({ ...own, connectors: null });
    expect(shownLetter({ ...letter!, key: Buffer.from('x') }, [], true)).not.toHaveProperty('key');
    expect(shownLetter(letter!, ['id'], false)).toMatchObject({ place: { line: '3' }, retriable: false });
  });
});
