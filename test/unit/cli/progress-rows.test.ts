import { expect, test } from 'vitest';
import { progressRows } from '../../../cli/actions/progress-rows.ts';
import type { MigrationStatus, TableStatus } from '../../../migration/status.ts';

const nothing = { written: 0, superseded: 0, filtered: 0, deadLettered: 0 };
const exporting: TableStatus = {
  table: 'Music',
  phase: 'exporting',
  coverage: { proven: false, from: null, exportTime: null },
  snapshot: { files: 0, filesPublished: 0, published: 0, ...nothing },
  changes: {
    published: 7,
    byOperation: { c: 7, u: 0, d: 0 },
    lagRecords: 7,
    lagSeconds: null,
    ...nothing,
  },
  export: null,
  lastError: null,
  awaitsRepair: false,
};
const noteOf = (table: TableStatus): string | undefined => {
  const status = { tables: [table] } as unknown as MigrationStatus;
  const rows = progressRows(
    () => 0,
    () => Date.parse('2026-11-21T02:30:00Z'),
  )(status);
  expect(rows[0]).toMatchObject({ phase: 'exporting', total: null });
  return rows[0]?.note;
};

test('a table whose export is not asked for yet waits for the slack', () => {
  expect(noteOf(exporting)).toBe('waiting for the slack');
});

test('an export that is waited for shows its age and size, and no share that nobody knows', () => {
  const asked = { requested: '2026-11-21T02:00:00Z', arn: 'arn', bytes: 61_500_000_000 };
  expect(noteOf({ ...exporting, export: asked })).toBe(
    'export of 61.5 GB asked for 30 min ago; AWS tells no progress',
  );
  expect(noteOf({ ...exporting, export: { ...asked, bytes: null } })).toBe(
    'export asked for 30 min ago; AWS tells no progress',
  );
});
