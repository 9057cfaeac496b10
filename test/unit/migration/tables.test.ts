import { describe, expect, test } from 'vitest';
import { allInCatalog, tablesOfCatalog } from '../../../migration/tables.ts';
import { parse, validText } from './migration-text.ts';

const migrationOf = (tables: string) => parse(validText.replace('[Music]', tables));
const notMigrated = (message: string) => expect.objectContaining({ code: 'NOT_MIGRATED', message });

describe('tables without a look at the source', () => {
  test('are those of the catalog that the file names, globs too', () => {
    const migration = migrationOf("[Music, 'o-*']");
    const known = tablesOfCatalog(migration, ['o-2', 'Songs', 'Music', 'o-1']);
    expect(known).toEqual(['Music', 'o-1', 'o-2']);
    expect(allInCatalog(migration, known)).toEqual(known);
  });

  test.each([
    ['a table that the file names', '[Music, Songs]', ['Music'], 'no table Songs'],
    ['anything a glob stands for', "['o-*']", [], 'none of its tables'],
  ])('are refused where the catalog lacks %s', (_, tables, known, what) => {
    expect(() => allInCatalog(migrationOf(tables), known)).toThrow(
      notMigrated(`The catalog of music knows ${what}`),
    );
  });
});
