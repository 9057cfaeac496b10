import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { mappingShape } from '../../../migration/config/mapping-file.ts';
import { mappingJsonSchema, mappingReference } from '../../../migration/config/mapping-reference.ts';
import { migrationJsonSchema, migrationReference } from '../../../migration/config/reference.ts';
import { allShapes } from '../../../migration/config/shape.ts';

const pages = [
  ['migration-file.schema.json', migrationJsonSchema],
  ['migration-file.md', migrationReference],
  ['mapping.schema.json', mappingJsonSchema],
  ['mapping-file.md', mappingReference],
] as const;

describe('the pages made from the schema', () => {
  // UPDATE_PAGES=1 writes them anew.
  test.each(pages)('docs/%s is what the schema gives', (name, make) => {
    const page = new URL(`../../../docs/${name}`, import.meta.url);
    if (process.env['UPDATE_PAGES'] === '1') writeFileSync(page, make());
    expect(readFileSync(page, 'utf8')).toBe(make());
  });

  test('every section and leaf of the schema is described', () => {
    const silent = [...allShapes(), ...allShapes(mappingShape)]
      .filter(([path, shape]) => shape.description === undefined && path.at(-1) !== '*')
      .filter(([, shape]) => shape.oneOf === undefined)
      .map(([path]) => path.join('.'));
    expect(silent).toEqual([]);
  });

  test('what is called a password, a secret or a token is secret', () => {
    const open = [...allShapes()]
      .filter(([path]) => /password|secret|sessionToken/i.test(path.at(-1) ?? ''))
      .filter(([, shape]) => shape.secret !== true)
      .map(([path]) => path.join('.'));
    expect(open).toEqual([]);
  });
});
