import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadMigration, parseMigration } from '../../../migration/config/load.ts';
import { parseMapping } from '../../../migration/config/mapping-file.ts';
import { wire } from '../../../migration/wiring.ts';

const root = new URL('../../../', import.meta.url);
const env = { KAFKA_PASSWORD: 'p', SCYLLA_SECRET_KEY: 's' };

const examples = readdirSync(new URL('examples/', root)).filter((name) => /(?<!\.mapping)\.yaml$/.test(name));

/** Migration files that stand whole in a page of the documentation. */
const inPages = ['README.md', 'docs/operations.md', 'docs/transforms.md'].flatMap((page) => {
  const text = readFileSync(new URL(page, root), 'utf8');
  const blocks = [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block = '']) => block);
  return blocks.filter((block) => /^name:/m.test(block)).map((block) => [page, block] as const);
});

describe('the examples', () => {
  test.each(examples)('%s is a migration file that this version can run', async (name) => {
    const migration = await loadMigration(fileURLToPath(new URL(`examples/${name}`, root)), env);
    const { sources, sink } = await wire(migration, migration.source.tables);
    expect(sources.map((source) => source.name)).toEqual([
      `${migration.name}-snapshot`,
      `${migration.name}-changes`,
    ]);
    expect(sink.name).toBe(`${migration.name}-alternator`);
  });

  test('music.mapping.yaml is a mapping file', () => {
    const text = readFileSync(new URL('examples/music.mapping.yaml', root), 'utf8');
    expect(parseMapping(text, 'music.mapping.yaml', ['*']).documents.length).toBeGreaterThan(0);
  });

  test.each(inPages)('a file shown in %s is one too', async (page, block) => {
    // A mapping file that it names is shown elsewhere.
    const needs = { needsSnapshot: true, needsMapping: false };
    const migration = parseMigration(block, page, { env, folder: fileURLToPath(root) }, needs);
    expect((await wire(migration, migration.source.tables)).sources).toHaveLength(2);
  });

  test('are there, and pages show some', () => {
    expect(examples.length).toBeGreaterThan(2);
    expect(inPages.length).toBeGreaterThan(0);
  });
});
