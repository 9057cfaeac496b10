import { describe, expect, test } from 'vitest';
import { Catalog } from '../../../connectors/runtime/catalog.ts';
import { awaitedExport } from '../../../migration/awaited-export.ts';
import type { Migration } from '../../../migration/config/defaults.ts';
import { isAskedFor } from '../../../migration/preflight.ts';

const migration = (from: string) => ({ source: { snapshot: { from } } }) as unknown as Migration;

/** A catalog that holds one note. */
function noting(facts: Record<string, string | number | boolean | null>): Catalog {
  const records = new Map([['request/Music/1', JSON.stringify({ facts })]]);
  const log = {
    get: (key: string) => records.get(key) ?? null,
    entries: () => records.entries(),
    subscribe: () => () => {},
  };
  return new Catalog(log as unknown as ConstructorParameters<typeof Catalog>[0]);
}

const token = { pitrEnabled: false, clientToken: 't', requestedMs: Date.parse('2026-11-21T02:00:00Z') };

describe('an export', () => {
  test('that was asked for is waited for, also while AWS has not answered', () => {
    const requested = '2026-11-21T02:00:00.000Z';
    expect(awaitedExport(noting({ ...token, exportArn: null }), 'Music', 1)).toMatchObject({
      requested,
      arn: null,
    });
    expect(awaitedExport(noting({ ...token, exportArn: 'arn' }), 'Music', 1)).toMatchObject({
      requested,
      arn: 'arn',
    });
  });

  test('that failed, or was never asked for, is not', () => {
    expect(awaitedExport(noting({ pitrEnabled: true, failureCode: 'UNKNOWN' }), 'Music', 1)).toBeNull();
    expect(awaitedExport(noting({ ...token, exportArn: 'arn' }), 'Music', 2)).toBeNull();
  });

  test('whose ARN is known needs no further check of what asking takes; one without an answer does', () => {
    const known = noting({ ...token, exportArn: 'arn' });
    expect(isAskedFor(migration('export'), known, 'Music')).toBe(true);
    expect(isAskedFor(migration('export'), noting({ ...token, exportArn: null }), 'Music')).toBe(false);
    expect(isAskedFor(migration('manifest'), known, 'Music')).toBe(false);
    expect(isAskedFor(migration('export'), null, 'Music')).toBe(false);
  });
});
