import { describe, expect, test } from 'vitest';
import { planText } from '../../../cli/actions/plan-text.ts';
import { bytesText, countText, durationText } from '../../../cli/actions/quantities.ts';
import { createTableInput } from '../../../dynamodb/table-changes.ts';
import type { Plan } from '../../../migration/plan/plan.ts';
import type { TablePlan } from '../../../migration/plan/plan-table.ts';

const music: TablePlan = {
  table: 'Music',
  items: 1_234_567,
  bytes: 987_654_321,
  exports: [],
  request: null,
  stream: { enabled: true, viewType: 'NEW_IMAGE', created: '2026-11-21T01:00:00.000Z', enable: false },
  coverage: { proven: true, from: '2026-11-21T01:00:00.000Z', exportTime: '2026-11-21T02:00:00.000Z' },
  target: {
    table: 'music_v2',
    exists: false,
    create: createTableInput({
      name: 'music_v2',
      keySchema: [
        { name: 'Artist', type: 'S' },
        { name: 'Year', type: 'N' },
      ],
      localIndexes: [
        {
          name: 'ByGenre',
          keySchema: [
            { name: 'Artist', type: 'S' },
            { name: 'Genre', type: 'S' },
          ],
          projection: { type: 'ALL', attributes: [] },
        },
      ],
      tags: { 'system:write_isolation': 'always' },
    }),
    statements: [],
    atCutover: { globalIndexes: ['Genres'], ttlAttribute: 'ExpiresAt' },
  },
  transforms: null,
  mapping: null,
  estimate: { seconds: 247, itemsPerSecond: 5000, readUnits: 0, readUnitsPerSecond: null },
};

const pitr = { enabled: false, enable: false, earliest: '2026-11-20T02:00:00.000Z', latest: null };

const plan: Plan = {
  migration: 'music',
  target: 'alternator',
  notClaimed: null,
  tables: [music],
  topics: [
    {
      topic: 'music.catalog',
      partitions: 1,
      exists: true,
      replicationFactor: null,
      config: { 'cleanup.policy': 'compact' },
    },
    {
      topic: 'music.Music.snapshot',
      partitions: 12,
      exists: false,
      replicationFactor: 3,
      config: { 'retention.ms': '-1' },
    },
    { topic: 'music-slots', partitions: 24, exists: null, replicationFactor: null, config: {} },
  ],
  clockSkewMs: null,
  problems: [],
};

describe('a plan for people', () => {
  test('says what is there, what would be created, how long it takes', () => {
    expect(planText(plan)).toMatchInlineSnapshot(`
      "music → alternator: 1 table, 0 problems

      Music
        source    1,234,567 items, 987.7 MB
        stream    enabled since 2026-11-21T01:00:00.000Z, NEW_IMAGE
        coverage  of changes from 2026-11-21T01:00:00.000Z on; reaches back far enough for the snapshot of 2026-11-21T02:00:00.000Z
        target    music_v2: does not exist, to be created:
                  key Artist S, Year N; PAY_PER_REQUEST
                  local index ByGenre (Artist, Genre), ALL
                  tags system:write_isolation=always
                  at cutover: global index Genres, TTL on ExpiresAt
        estimate  4 min to load, at an assumed 5,000 items/s; the table itself is not read

      Topics
        music.catalog         exists           1 partition  cleanup.policy=compact
        music.Music.snapshot  to be created  12 partitions  replication.factor=3 retention.ms=-1
        music-slots           not known      24 partitions

      No problems: \`messina migrate\` can begin."
    `);
  });

  test('says first what is not claimed, and that changes alone load nothing', () => {
    const text = planText({ ...plan, notClaimed: 'events only', tables: [{ ...music, estimate: null }] });
    expect(text.split('\n').slice(0, 2)).toEqual(['music → alternator: 1 table, 0 problems', 'events only']);
    expect(text).toContain('estimate  there is nothing to load: only changes are moved');
  });

  test('ends with the problems, each with its code and remedy', () => {
    const problems = [
      { table: null, code: 'KAFKA_UNREACHABLE', message: 'Nobody answers', remedy: 'Start the broker.' },
      { table: 'Music', code: 'TARGET_NOT_EMPTY', message: 'It holds rows', remedy: 'Empty it.' },
    ];
    const text = planText({ ...plan, clockSkewMs: 2500, problems });
    expect(text.split('\n').slice(-7)).toEqual([
      "Clocks of the target's nodes: 2500 ms apart at least",
      '',
      'Problems',
      '  Nobody answers (KAFKA_UNREACHABLE)',
      '    → Start the broker.',
      '  Music: It holds rows (TARGET_NOT_EMPTY)',
      '    → Empty it.',
    ]);
    expect(text).toContain('1 table, 2 problems');
  });

  test.each<[string, Partial<TablePlan>, string]>([
    [
      'a stream that would be enabled',
      { stream: { enabled: false, viewType: null, created: null, enable: true } },
      'migrate enables one with NEW_AND_OLD_IMAGES',
    ],
    [
      'no stream where none is needed',
      { stream: { enabled: false, viewType: null, created: null, enable: false } },
      'none, and none is needed',
    ],
    [
      'the export and the windows that continue it',
      {
        exports: [
          {
            id: '01700000000000-abcdef01',
            from: null,
            exportTime: '2026-11-01T02:00:00.000Z',
            files: 1200,
            rows: 9000,
          },
          {
            id: '01700000000001-abcdef01',
            from: '2026-11-01T01:00:00.000Z',
            exportTime: '2026-11-02T01:00:00.000Z',
            files: 1,
            rows: null,
          },
        ],
      },
      `
  export    01700000000000-abcdef01 of 2026-11-01T02:00:00.000Z: 1,200 files, 9,000 rows
            window 2026-11-01T01:00:00.000Z to 2026-11-02T01:00:00.000Z: 1 file, an unknown number of rows
  stream  `,
    ],
    [
      'the export that will be asked for, and that its duration is not known',
      { request: { to: 's3://exports/p', asked: null, pitr: { ...pitr, enabled: true } } },
      `
  export    an export of 987.7 MB will be asked for, to s3://exports/p; AWS charges for its size, and takes minutes to hours
            point-in-time recovery on, back to 2026-11-20T02:00:00.000Z
  stream  `,
    ],
    [
      'that an export decides when loading begins',
      { request: { to: 's3://exports/p', asked: null, pitr: null } },
      '4 min to load, at an assumed 5,000 items/s, once the export is complete; the table itself is not read',
    ],
    [
      'point-in-time recovery that would be turned on',
      { request: { to: 's3://exports', asked: null, pitr: { ...pitr, enable: true } } },
      'point-in-time recovery off; migrate turns it on, and AWS charges for it',
    ],
    [
      'an export that is under way',
      { request: { to: 's3://exports', asked: 'arn:of-the-export', pitr: { ...pitr, enabled: true } } },
      'export    arn:of-the-export was asked for, to s3://exports, and will be waited for',
    ],
    ['no coverage', { coverage: { proven: false, from: null, exportTime: null } }, 'none is claimed'],
    [
      'coverage that falls short',
      { coverage: { ...music.coverage, proven: false } },
      'does not reach back far enough for the snapshot of 2026-11-21T02:00:00.000Z',
    ],
    [
      'what a scan costs',
      { estimate: { seconds: 60, itemsPerSecond: 5000, readUnits: 241_127, readUnitsPerSecond: 50 } },
      '60 s to load, at an assumed 5,000 items/s; the scan consumes 241,127 read units, 50 a second at most',
    ],
    [
      'what transforms make of some items, and why some fail',
      {
        transforms: {
          sampled: 100,
          passed: 95,
          changed: 90,
          filtered: 3,
          failed: 2,
          reasons: [
            { reason: 'Cast$Value (transforms[0]): price, S to int32: the field is no number', items: 2 },
          ],
        },
      },
      [
        '  transforms  of 100 items tried: 95 pass (90 changed), 3 filtered, 2 fail',
        '            2 × Cast$Value (transforms[0]): price, S to int32: the field is no number',
      ].join('\n'),
    ],
    [
      'the statements that make a table of CQL',
      {
        target: {
          table: 'music.songs',
          exists: false,
          create: null,
          statements: [
            'CREATE TABLE IF NOT EXISTS "music"."songs" (…)',
            'ALTER TABLE "music"."songs" WITH …',
          ],
          atCutover: { globalIndexes: [], ttlAttribute: null },
        },
      },
      `
  target    music.songs: does not exist, to be created:
            CREATE TABLE IF NOT EXISTS "music"."songs" (…);
            ALTER TABLE "music"."songs" WITH …;
  estimate`,
    ],
    [
      'the settings of a table of CQL that are changed',
      {
        target: {
          table: 'music.songs',
          exists: true,
          create: null,
          statements: ['ALTER TABLE "music"."songs" WITH …'],
          atCutover: { globalIndexes: [], ttlAttribute: null },
        },
      },
      'target    music.songs: exists, its settings are changed:\n            ALTER TABLE',
    ],
    [
      'what a mapping makes of some items, what it loses, and why some cannot be written',
      {
        mapping: {
          place: 'music.mapping.yaml:1',
          rekeyed: true,
          losses: ['Column "score" (float) rounds numbers that it does not hold exactly.'],
          trial: {
            from: 'topics',
            sampled: 100,
            mapped: 96,
            misfitting: 3,
            deadLettered: 1,
            droppedAttributes: 1,
            reasons: [
              { column: 'price', reason: 'is S, the column decimal', went: 'leftovers', items: 3 },
              { column: 'artist', reason: 'is missing', went: 'dead-letter', items: 1 },
            ],
          },
        },
      },
      `
  mapping   music.mapping.yaml:1, with another key than the items
            Column "score" (float) rounds numbers that it does not hold exactly.
            of 100 items tried, from the topics: 96 fit their columns, 3 written with values that do not, 1 cannot be written
            1 attribute dropped
            3 × column "price" goes to the leftovers: the attribute is S, the column decimal
            1 × column "artist" cannot be written: the attribute is missing
  estimate`,
    ],
    [
      'that a table has no mapping, and that nothing could be tried',
      { mapping: { place: null, rekeyed: false, losses: [], trial: null } },
      `
  mapping   none: the default columns
            not tried: no items could be read`,
    ],
    ['a size nobody knows', { items: null, bytes: null }, 'an unknown number of items, of unknown size'],
    [
      'a source that could not be looked at',
      { stream: null, estimate: null, target: null },
      'source    not known',
    ],
  ])('says %s', (_, part, expected) => {
    expect(planText({ ...plan, tables: [{ ...music, ...part }] })).toContain(expected);
  });
});

test('quantities have a unit that fits', () => {
  expect([0, 999, 1000, 1_550_000, 2e12, 9e15].map(bytesText)).toEqual([
    '0 B',
    '999 B',
    '1 KB',
    '1.6 MB',
    '2 TB',
    '9,000 TB',
  ]);
  expect([1, 119, 120, 7_199, 9_000, 200_000].map(durationText)).toEqual([
    '1 s',
    '119 s',
    '2 min',
    '120 min',
    '2.5 h',
    '2.3 d',
  ]);
  expect(countText(null)).toBe('an unknown number of');
});
