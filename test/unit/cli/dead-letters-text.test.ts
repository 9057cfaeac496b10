import { describe, expect, test } from 'vitest';
import { listText, retriedDocument, retriedText, shownText } from '../../../cli/actions/dead-letters-text.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import type { LetterGroup } from '../../../migration/dead-letters/list.ts';
import type { ShownLetter } from '../../../migration/dead-letters/show.ts';

const whose = {
  migration: 'music',
  target: 'alternator',
  topic: 'music.dead-letters',
  withoutContext: 0,
};
const group: LetterGroup = {
  connector: 'music-alternator',
  table: 'Music',
  stage: 'TASK_PUT',
  reason: 'RECORD_REFUSED',
  letters: 3,
  first: '2026-11-21T00:00:00.000Z',
  last: '2026-11-21T01:00:00.000Z',
  retriable: true,
};
const ofSource = {
  ...group,
  connector: 'music-snapshot',
  reason: 'RECORD_NUMBER',
  letters: 1,
  retriable: false,
};
const letter: ShownLetter = {
  connector: 'music-alternator',
  table: 'Music',
  keyAttributes: ['Artist', 'SongTitle'],
  place: { topic: 'music.Music.changes', partition: 2, offset: 7 },
  stage: 'TASK_PUT',
  reason: 'RECORD_REFUSED',
  message: 'Target table "Music" refuses the item',
  setAside: '2026-11-21T00:00:00.000Z',
  retriable: true,
};
const done = { letters: 4, written: 1, superseded: 2, filtered: 0, failed: 1 };

describe('dead letters, for people', () => {
  test('are counted by table and reason; those of a source come with their remedy', () => {
    const text = listText({ ...whose, letters: 4, groups: [group, ofSource] }, null);
    expect(text).toContain('music → alternator, topic music.dead-letters: 4 wait');
    expect(text).toMatch(/^Music +RECORD_REFUSED +music-alternator +TASK_PUT +3 /m);
    expect(text).toContain('1 of them were set aside by a source');
    expect(text).toContain('take a new snapshot');
  });

  test('that are none are one sentence', () => {
    const none = { ...whose, letters: 0, groups: [] };
    expect(listText(none, null)).toBe('music → alternator, topic music.dead-letters: no dead letters wait');
    expect(listText(none, 'RECORD_KEY')).toMatch(/no dead letters with reason RECORD_KEY wait$/);
    expect(shownText({ ...whose, letters: 0, shown: [] }, null)).toMatch(/no dead letters wait$/);
    expect(retriedText({ ...whose, tables: [], ofSources: 0, halted: null }, null)).toMatch(
      /no dead letters/,
    );
  });

  test('whose headers were left out are told of, with the key to set, wherever letters are asked for', () => {
    const given = { ...whose, withoutContext: 7 };
    const texts = [
      listText({ ...given, letters: 3, groups: [group] }, null),
      listText({ ...given, letters: 0, groups: [] }, null),
      shownText({ ...given, letters: 1, shown: [letter] }, null),
      shownText({ ...given, letters: 0, shown: [] }, null),
      retriedText({ ...given, tables: [{ table: 'Music', ...done }], ofSources: 0, halted: null }, null),
      retriedText({ ...given, tables: [], ofSources: 0, halted: null }, null),
    ];
    for (const text of texts) {
      expect(text.match(/7 letters in the topic have no context headers/g)).toHaveLength(1);
      expect(text).toContain('errors.deadletterqueue.context.headers.enable=true');
    }
    expect(listText({ ...whose, letters: 3, groups: [group] }, null)).not.toContain('context headers');
  });

  test('are shown with their place and their reason, and how many more there are', () => {
    const text = shownText({ ...whose, letters: 3, shown: [letter] }, null);
    expect(text).toBe(
      '2026-11-21T00:00:00.000Z  Music  key Artist, SongTitle  topic music.Music.changes  partition 2  offset 7\n' +
        '  RECORD_REFUSED: Target table "Music" refuses the item\n' +
        '… and 2 more: see --max',
    );
    const keyed = shownText(
      { ...whose, letters: 1, shown: [{ ...letter, key: { Artist: { S: 'x' } } }] },
      null,
    );
    expect(keyed).toContain('key {"Artist":{"S":"x"}}');
  });

  test('that were retried are told by what became of them', () => {
    const retried = { ...whose, tables: [{ table: 'Music', ...done }], ofSources: 2, halted: null };
    const text = retriedText(retried, null);
    expect(text).toContain(
      'Music: 4 retried: 1 written, 2 superseded by a newer record, 0 filtered, 1 failed again',
    );
    expect(text).toContain('2 of them were set aside by a source');
    const halted = new ConnectError('SINK_RUNNING', 'Sink s is being run');
    expect(retriedDocument({ ...retried, halted })).toMatchObject({
      tables: [{ table: 'Music', failed: 1 }],
      halted: { code: 'SINK_RUNNING' },
    });
  });
});

test('a reason that is no code is refused as usage, with the one that was meant', async () => {
  const { run } = await import('./command-line.ts');
  const { code, stderr, ran } = await run('dead-letters f retry --reason RECORD_REFUSE');
  expect({ code, ran }).toEqual({ code: 2, ran: [] });
  expect(stderr).toContain('Did you mean RECORD_REFUSED?');
});
