import { expect, test } from 'vitest';
import type { TableRecord } from '../../../connectors/catalog-records.ts';
import { modeProblems } from '../../../migration/mode-problems.ts';
import { parse, validText } from './migration-text.ts';

const migrationOf = (changes: string) =>
  parse(validText.replace('{from: scan}', `{from: scan}\n  changes: ${changes}`));
const begun = (streamArn: string | null) => ({ table: () => ({ epoch: { streamArn } }) as TableRecord });

test.each([
  ['a captured table that is to be a copy', 'arn', 'none', false, /is captured/],
  ['the same with a new snapshot', 'arn', 'none', true, /is captured/],
  ['a copy that is to be followed', null, 'streams', false, /was copied without its changes/],
])('%s is refused', (_, arn, changes, isRenewed, message) => {
  const [problem] = modeProblems(migrationOf(changes), begun(arn), ['Music'], () => isRenewed);
  expect(problem).toMatchObject({ table: 'Music', error: { code: 'SOURCE_MODE_CHANGED', exit: 4 } });
  expect(problem?.error.message).toMatch(message);
});

test.each([
  ['a captured table goes on', 'arn', 'streams', false],
  ['so does a copy', null, 'none', false],
  ['a copy is followed from a new snapshot on', null, 'streams', true],
])('%s', (_, arn, changes, isRenewed) => {
  expect(modeProblems(migrationOf(changes), begun(arn), ['Music'], () => isRenewed)).toEqual([]);
});

test('a table that nobody has begun may be either', () => {
  expect(modeProblems(migrationOf('none'), { table: () => null }, ['Music'])).toEqual([]);
  expect(modeProblems(migrationOf('none'), null, ['Music'])).toEqual([]);
});
