import { expect, test } from 'vitest';
import { verifyTable } from '../../../cli/actions/verify-table.ts';
import type { TableReport, VerifyReport } from '../../../migration/verify/report.ts';

const equal: TableReport = {
  table: 'Music',
  compared: 3,
  equal: 3,
  missing: 0,
  different: 0,
  extra: 0,
  examples: [],
};

function textOf(table: TableReport): string[] {
  const isSame = table.missing + table.different + table.extra === 0;
  const report: VerifyReport = {
    migration: 'music',
    target: 'alternator',
    against: 'source',
    equal: isSame,
    notClaimed: null,
    tables: [table],
  };
  return verifyTable(report).split('\n');
}

test('a comparison says nothing of repair', () => {
  expect(textOf(equal).join('\n')).not.toContain('repair');
});

test('a repair says how many rows it has mended', () => {
  expect(textOf({ ...equal, repaired: 2, waiting: 0, immovable: 0, refused: 0 })).toContain(
    'Music: 2 repaired',
  );
});

test('what could not be mended is told apart by why', () => {
  const left = { repaired: 2, waiting: 3, immovable: 4, refused: 5 };
  const lines = textOf({ ...equal, compared: 15, different: 12, ...left });
  expect(lines).toContain(
    'Music: 2 repaired; 3 wait, because they keep changing or were written too lately: repair once more; 4 keep what somebody wrote with a later clock; 5 the target does not take',
  );
});
