import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { flatKeysOf } from '../../../connectors/config/flat/flat-keys.ts';
import { connectorReference, workerReference } from '../../../connectors/config/key-pages.ts';
import { workerKeys, workerSections } from '../../../connectors/config/worker/worker-keys.ts';
import { connectorClasses } from './connector-classes.ts';

const pages = [
  ['worker-configuration.md', workerReference],
  ['connector-reference.md', () => connectorReference(connectorClasses)],
] as const;

describe('the pages made from the keys', () => {
  // UPDATE_PAGES=1 writes them anew.
  test.each(pages)('docs/%s is what the schemas give', (name, make) => {
    const page = new URL(`../../../docs/${name}`, import.meta.url);
    if (process.env['UPDATE_PAGES'] === '1') writeFileSync(page, make());
    expect(readFileSync(page, 'utf8')).toBe(make());
  });

  test('every key of a worker stands in one section', () => {
    const told = Object.values(workerSections).flatMap((schema) => flatKeysOf(schema).map(({ key }) => key));
    expect(told.sort()).toEqual(
      flatKeysOf(workerKeys)
        .map(({ key }) => key)
        .sort(),
    );
  });

  test('what is called a password, a secret or a token is secret', () => {
    const all = [workerKeys, ...connectorClasses.map(({ plugin }) => plugin.options)];
    const open = all
      .flatMap((schema) => flatKeysOf(schema))
      .filter(({ key }) => /password|secret|session\.token|auth\.token|\.key$|jaas/.test(key))
      .filter(({ isSecret }) => !isSecret)
      .map(({ key }) => key);
    expect(open).toEqual([]);
  });
});
