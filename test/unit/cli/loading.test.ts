import { expect, test } from 'vitest';
import { importedPath, sourceFiles } from '../../source-code.ts';

const files = new Map(
  sourceFiles(['cli', 'migration', 'source', 'sink', 'connectors', 'dynamodb', 'schemas'], /\.ts$/).map(
    ({ path, text }) => [path, text],
  ),
);

/** What is loaded with a file, packages too; not what it loads later, nor what only its types need. */
function loadedWith(path: string): Set<string> {
  const loaded = new Set([path]);
  for (const one of loaded) {
    const imports = (files.get(one) ?? '').matchAll(
      /^(?:import|export)\b(?! type\b)[^'"`;]*?from '([^']+)'/gm,
    );
    for (const [, specifier = ''] of imports) loaded.add(importedPath(one, specifier) ?? specifier);
  }
  return loaded;
}

const heavy = /^(@aws-sdk\/client-s3|@aws-sdk\/credential-providers|cassandra-driver)$/;
const source = /^(@aws-sdk\/client-dynamodb.*|undici|s(ource|ink)\/[^/]+\/connector\.ts)$/;

test.each(['migrate', 'plan', 'verify', 'replay', 'load'])(
  '%s begins without the drivers of connectors that its file may not name',
  (command) => {
    expect([...loadedWith(`cli/actions/${command}.ts`)].filter((one) => heavy.test(one))).toEqual([]);
  },
);

test.each(['status', 'topic'])('%s, which asks the topics alone, begins without any connector', (command) => {
  const loaded = [...loadedWith(`cli/actions/${command}.ts`)];
  expect(loaded).toContain('migration/topics-view.ts');
  expect(loaded.filter((one) => heavy.test(one) || source.test(one))).toEqual([]);
});

test('a command line that is only looked at begins without any', () => {
  const loaded = loadedWith('cli/main.ts');
  expect(loaded).toContain('commander');
  expect([...loaded].filter((one) => /^(zod|yaml|migration\/|source\/|sink\/)/.test(one))).toEqual([]);
});
