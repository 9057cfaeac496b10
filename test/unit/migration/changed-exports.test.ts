import { describe, expect, test } from 'vitest';
import type { SnapshotFacts } from '../../../connectors/catalog-records.ts';
import type { Catalog } from '../../../connectors/runtime/catalog.ts';
import { changedSnapshots } from '../../../connectors/runtime/source/begun-snapshots.ts';
import { exportPlans } from '../../../migration/plan/plan-exports.ts';
import { wire } from '../../../migration/wiring.ts';
import { parse, validText } from './migration-text.ts';

const facts = (summary: string | null, fromMs?: number): SnapshotFacts => ({
  id: `id of ${summary}`,
  exportMs: Date.parse('2026-11-02T00:00:00Z'),
  arn: null,
  partitions: 2,
  rows: 7,
  facts: { ...(summary === null ? {} : { summary }), ...(fromMs === undefined ? {} : { fromMs }) },
});

/** A catalog whose table was begun from these manifests. */
function begunFrom(summaries: readonly (string | null)[]): Catalog {
  const chain = summaries.map((summary) => ({ facts: facts(summary) }));
  return { currentChain: () => chain } as unknown as Catalog;
}

const named = (windows: readonly string[]) =>
  parse(
    validText.replace(
      '{from: scan}',
      `{from: manifest, manifests: {Music: 's3://b/full.json'}${
        windows.length === 0 ? '' : `, incremental: {Music: [${windows.join(', ')}]}`
      }}`,
    ),
  );

const problemsOf = async (windows: readonly string[], catalog: Catalog | null) =>
  (await wire(named(windows), ['Music'])).sources.flatMap(({ run }) =>
    changedSnapshots(run, ['Music'], catalog),
  );

const [full, w1, w2, w3] = [
  's3://b/full.json',
  's3://b/w1.json',
  's3://b/w2.json',
  's3://b/w3.json',
] as const;

describe('a chain that was begun', () => {
  test.each([
    [
      'another full export',
      ['s3://b/old.json'],
      [],
      'from s3://b/old.json; the configuration names s3://b/full.json',
    ],
    [
      'windows that were not there',
      [full],
      [w1],
      '0 of them; the configuration names one more, s3://b/w1.json',
    ],
    ['one more window', [full, w1], [w1, w2], '1 of them; the configuration names one more, s3://b/w2.json'],
    ['one window less', [full, w1, w2], [w1], '; window 2 is s3://b/w2.json, the configuration names none'],
    [
      'another window',
      [full, w1, w2],
      [w1, w3],
      '; window 2 is s3://b/w2.json, the configuration names s3://b/w3.json',
    ],
    [
      'another order',
      [full, w1, w2],
      [w2, w1],
      '; window 1 is s3://b/w1.json, the configuration names s3://b/w2.json',
    ],
  ])('is not gone on with when the file names %s', async (_what, begun, windows, message) => {
    const [problem, ...more] = await problemsOf(windows, begunFrom(begun));
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ table: 'Music', error: { code: 'EXPORT_CHANGED', exit: 4 } });
    expect(problem?.error.message).toContain(message);
  });

  test.each([
    ['is the one that the file names', [full, w1, w2], [w1, w2]],
    ['is a scan', [null], [w1]],
    ['is none', [], [w1]],
  ])('is no problem when it %s', async (_what, begun, windows) => {
    expect(await problemsOf(windows, begunFrom(begun))).toEqual([]);
  });
});

test('the plan tells a full export from its windows, and leaves scans out', () => {
  const from = Date.parse('2026-11-01T00:00:00Z');
  expect(exportPlans([facts(full), facts(w1, from)])).toEqual([
    { id: `id of ${full}`, from: null, exportTime: '2026-11-02T00:00:00.000Z', files: 2, rows: 7 },
    {
      id: `id of ${w1}`,
      from: '2026-11-01T00:00:00.000Z',
      exportTime: '2026-11-02T00:00:00.000Z',
      files: 2,
      rows: 7,
    },
  ]);
  expect(exportPlans([facts(null)])).toEqual([]);
});
