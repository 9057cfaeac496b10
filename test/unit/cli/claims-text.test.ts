import { describe, expect, test } from 'vitest';
import { statusTable } from '../../../cli/actions/status-table.ts';
import { verifyTable } from '../../../cli/actions/verify-table.ts';
import { notClaimed } from '../../../migration/claims.ts';
import type { VerifyReport } from '../../../migration/verify/report.ts';
import { parse, validText } from '../migration/migration-text.ts';

const events = parse(validText.replace('from: scan', 'from: none'));
const copy = parse(validText.replace('{from: scan}', '{from: scan}\n  changes: none'));

test('a migration of rows and changes has nothing to say', () => {
  expect(notClaimed(parse(validText), [{ streamArn: 'arn' }])).toBeNull();
});

test('what was begun as a copy is one, whatever the file says by now', () => {
  expect(notClaimed(parse(validText), [{ streamArn: null }])).toContain('a copy');
});

describe.each([
  ['events only', events, /did not change since the stream begins are not moved; ready .* caught up/],
  [
    'a copy',
    copy,
    /changes in the source during or after the snapshot is not moved; ready .* rows are written/,
  ],
])('%s', (name, migration, words) => {
  const said = notClaimed(migration) ?? '';

  test('says what is not claimed, and what ready means', () => {
    expect(said).toContain(`${name} (source.`);
    expect(said).toMatch(words);
  });

  test('says so below the state of the tables', () => {
    const status = {
      migration: 'music',
      target: 'alternator',
      phase: 'ready',
      ready: true,
      tables: [],
    } as const;
    expect(
      statusTable({ ...status, notClaimed: said })
        .split('\n')
        .at(-1),
    ).toBe(said);
    expect(statusTable({ ...status, notClaimed: null })).not.toContain('claim');
  });

  test('says so below a comparison, and why items differ from the source', () => {
    const report: VerifyReport = {
      migration: 'music',
      target: 'alternator',
      against: 'source',
      equal: false,
      notClaimed: said,
      tables: [],
    };
    const lastLine = (one: VerifyReport) => verifyTable(one).split('\n').at(-1);
    expect(lastLine(report)).toBe(`${said}; such items differ here, and --against topics leaves them out`);
    expect(lastLine({ ...report, against: 'topics' })).toBe(said);
    expect(lastLine({ ...report, equal: true })).toBe(said);
  });
});

test('rows that nothing can be said of are told', () => {
  const counts = { compared: 3, equal: 3, missing: 0, different: 0, extra: 0, examples: [] };
  const report: VerifyReport = {
    migration: 'music',
    target: 'kept',
    against: 'topics',
    equal: true,
    notClaimed: null,
    tables: [{ table: 'Music', ...counts, unknown: 12 }],
  };
  expect(verifyTable(report)).toContain('Music: 12 rows that the topics never mention were left alone');
});
