import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorReference } from '../../../cli/error-reference.ts';
import { ERRORS } from '../../../connectors/errors.ts';

// UPDATE_PAGES=1 writes it anew.
test('docs/errors.md is what the table of errors gives', () => {
  const page = new URL('../../../docs/errors.md', import.meta.url);
  if (process.env['UPDATE_PAGES'] === '1') writeFileSync(page, errorReference());
  expect(readFileSync(page, 'utf8')).toBe(errorReference());
});

test('the page holds each code once', () => {
  const found = [...errorReference().matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
  expect(found.sort()).toEqual(Object.keys(ERRORS).sort());
});
