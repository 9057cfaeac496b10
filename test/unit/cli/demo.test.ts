import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mappingFile } from '../../../cli/demo/mapping-file.ts';
import { migrationFile } from '../../../cli/demo/migration-file.ts';
import { type DemoReport, reportTable } from '../../../cli/demo/report.ts';
import { settingsOf } from '../../../cli/demo/settings.ts';
import { parseMigration } from '../../../migration/config/load.ts';

const parts = {
  kafka: '127.0.0.1:9092',
  source: 'http://127.0.0.1:8000',
  target: { type: 'alternator', endpoint: 'http://127.0.0.1:8001', writesPerSecond: 3000 },
  table: 'Music',
  slackSeconds: 5,
} as const;
const parse = (text: string, folder = '/') => parseMigration(text, 'migration.yaml', { env: {}, folder });

describe('the migration file of the demo', () => {
  test('is valid before there is an export, and scans', () => {
    const { source } = parse(migrationFile({ ...parts, manifest: null }));
    expect(source.snapshot).toMatchObject({ from: 'scan', slackSeconds: 5 });
  });

  test('is valid with its export, and names it', () => {
    const manifest = 'file:///tmp/a%20b/AWSDynamoDB/1/manifest-summary.json';
    const { source, kafka, target } = parse(migrationFile({ ...parts, manifest }));
    expect(source.snapshot).toMatchObject({ from: 'manifest', manifests: { Music: manifest } });
    expect(kafka.brokers).toEqual(['127.0.0.1:9092']);
    expect(target).toMatchObject({ endpoints: ['http://127.0.0.1:8001'], writesPerSecond: 3000 });
  });

  test('differs for CQL in the target alone, and its mapping is valid', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'messina-demo-test-'));
    await writeFile(join(folder, 'music.mapping.yaml'), mappingFile('Music'));
    const target = {
      type: 'cql',
      contactPoint: '127.0.0.1:9042',
      keyspace: 'demo',
      mapping: 'music.mapping.yaml',
    } as const;
    const typed = parse(migrationFile({ ...parts, target, manifest: null }), folder);
    await rm(folder, { recursive: true });
    const { name, source, kafka } = parse(migrationFile({ ...parts, manifest: null }));
    expect(typed).toMatchObject({ name, source, kafka });
    expect(typed.target).toMatchObject({ contactPoints: ['127.0.0.1:9042'], keyspace: 'demo' });
    expect(typed.mapping).not.toBeNull();
  });
});

describe('the settings of the demo', () => {
  const options = { target: 'alternator', items: null, changesPerSecond: null, keep: false } as const;

  test('are 30 000 items and at least 2000 changes', () => {
    expect(settingsOf(options)).toMatchObject({ items: 30_000, changesMin: 2000 });
  });

  test('make loading take ten seconds whatever the number of items', () => {
    for (const items of [10_000, 30_000, 1_000_000]) {
      expect(items / settingsOf({ ...options, items }).writesPerSecond).toBe(10);
    }
  });

  test('wait for no more changes than a slow workload makes in 20 seconds', () => {
    expect(settingsOf({ ...options, changesPerSecond: 10 }).changesMin).toBe(200);
  });
});

describe('the table at the end', () => {
  const report: DemoReport = {
    table: 'Music',
    items: 30_000,
    changes: {
      written: 2600,
      made: 2500,
      byKind: { put: 800, update: 900, replace: 300, delete: 600 },
      captured: { c: 400, u: 1600, d: 500 },
      deletesWhileLoading: 300,
      reinsertsWhileLoading: 200,
    },
    killedAtRows: 9000,
    loadingSeconds: 25,
    itemsPerSecond: 2000,
    lagSeconds: 1.25,
    verified: { compared: 29_900, missing: 0, different: 0, extra: 0 },
    differences: 0,
    cql: null,
    seconds: 80.04,
  };

  test('says items, changes by kind, speed, lag, differences and seconds', () => {
    expect(reportTable(report)).toMatchInlineSnapshot(`
      "items            30,000
      workload         2,600 writes: put 800, update 900, replace 300, delete 600
      changes          2,500 of 2,500: created 400, updated 1,600, deleted 500
      while loading    300 deletes, 200 re-inserts
      killed, resumed  after 9,000 rows
      loaded in        25.0 s with the kill; 2,000 items/s while writing
      lag when ready   1.3 s
      compared         29,900 keys, both ways
      differences      0
      seconds          80.0"
    `);
  });

  test('says of what kind differences are', () => {
    const verified = { compared: 29_900, missing: 1, different: 0, extra: 2 };
    expect(reportTable({ ...report, verified, differences: 3 })).toContain(
      '3 (missing 1, different 0, extra 2)',
    );
  });

  test('says what came of the second target', () => {
    const verified = { compared: 29_900, missing: 0, different: 3, extra: 0 };
    const cql = { loadingSeconds: 12.34, verified, differences: 3 };
    expect(reportTable({ ...report, cql })).toMatch(
      /again as CQL +in 12.3 s.*\ncompared +29,900 keys with the topics.*\ndifferences +3 \(missing 0, different 3, extra 0\)/,
    );
  });
});
