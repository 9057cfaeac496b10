import { expect, test } from 'vitest';
import { assertRepairable } from '../../../migration/verify/repair-start.ts';

const table = 'Music';

test('a table with a data gap is not repaired against the source: what that has may be another table', () => {
  const gap = { table, phase: 'gap', isLoaded: true } as const;
  expect(() => assertRepairable(gap, 'source')).toThrow(expect.objectContaining({ code: 'SOURCE_DATA_GAP' }));
  expect(() => assertRepairable(gap, 'topics')).not.toThrow();
});

test('a table is repaired when it is loaded, whatever halted it since; else its rows would be taken for missing', () => {
  for (const phase of ['failed', 'following', 'ready'] as const) {
    expect(() => assertRepairable({ table, phase, isLoaded: true }, 'source')).not.toThrow();
    expect(() => assertRepairable({ table, phase, isLoaded: false }, 'source')).toThrow(
      expect.objectContaining({ code: 'NOT_MIGRATED' }),
    );
  }
});
