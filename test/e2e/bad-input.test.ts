import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test, vi } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { testServices } from '../services.ts';
import { exportFiles, writeExport } from '../unit/source/export-fixture.ts';
import {
  errorBlock,
  expectIncomplete,
  expectRefusal,
  exportOf,
  loading,
  ownExport,
  sourceTable,
} from './harness/bad-case.ts';
import { badFiles, badLines, line } from './harness/bad-exports.ts';
import { badKafka, badSources, badTargets } from './harness/bad-surroundings.ts';
import { badWindows } from './harness/bad-windows.ts';
import { expectEqualTables } from './harness/compare.ts';
import { startDynamoDbFront, withFirstRecord } from './harness/dynamodb-front.ts';
import { expectExit, messina } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { recordsOf } from './harness/stock-kafka.ts';
import { expectSums, statusOf } from './harness/sums.ts';

vi.setConfig({ maxConcurrency: 2 });

describe('an export is refused, and nothing of the file counts as loaded, for', () => {
  test.concurrent.each([...badFiles, ...badLines, ...badWindows])('$name', expectRefusal);
});

describe('a migration is refused for', () => {
  test.concurrent.each([...badSources, ...badTargets, ...badKafka])('$name', expectRefusal);
});

describe('a migration file', () => {
  test.concurrent.each([
    ['that is no YAML', 'name: music\nsource: [unclosed\n', /migration\.yaml:\d+:\d+ /],
    ['with an unknown key', 'nmae: music\n', /migration\.yaml:1:1 .*nmae[\s\S]*[Dd]id you mean "name"/],
    ['with a value that cannot be', 'name: Not A Name\n', /migration\.yaml:1:7 .*name/],
    ['that is empty', '', /migration\.yaml/],
  ])('%s is an error of the line, with exit code 2', async (_what, text, place) => {
    await using services = await testServices();
    await using file = await migrationFile(services, { tables: ['Music'] });
    await writeFile(file.path, text);
    const { stderr } = await expectExit(messina('migrate', file.path, '--until', 'loaded'), 2);
    expect(errorBlock(stderr)).toMatch(place);
    expect(errorBlock(stderr)).toMatch(/\(CONFIG[A-Z_]*\)\n[\s\S]*→ /);
  });

  test('whose tables give topic names that Kafka cannot tell apart has exit code 2', async () => {
    await using services = await testServices();
    await using file = await migrationFile(services, { tables: ['a.b', 'a_b'] });
    const { stderr } = await expectExit(messina('migrate', file.path, '--until', 'loaded'), 2);
    expect(errorBlock(stderr)).toMatch(/migration\.yaml:\d+:\d+ .*cannot tell from/);
    expect(errorBlock(stderr)).toContain('kafka.topics');
  });
});

const good = (count: number) => Array.from({ length: count }, (_, n) => line(String(n + 1)));

test('after a halt in the middle of a file the corrected file goes on from the line that was reached', async () => {
  await using services = await testServices();
  await createMusicTable(sourceTable(services));
  const lines = good(4600);
  const bad = lines.with(4300, '{"Item":');
  const exportOfLines = (all: readonly string[]) =>
    ownExport({ files: [{ name: 'aaaa.json.gz', lines: all }] });
  await using written = await writeExport(exportOfLines(bad));
  await using file = await migrationFile(services, loading(written));
  const { stderr } = await expectExit(messina('migrate', file.path, '--until', 'loaded'), 1);
  expect(errorBlock(stderr)).toMatch(/^ {2}line: 4301$/m);
  const halted = (await statusOf(file.path)).tables[0];
  // Whole polls before the bad line, and nothing of the one that holds it.
  expect(halted?.snapshot.published).toBeGreaterThan(0);
  expect(halted?.snapshot.published).toBeLessThanOrEqual(4300);
  expect(halted?.snapshot.filesPublished).toBe(0);
  await expectIncomplete(services);
  for (const [path, bytes] of exportFiles(exportOfLines(lines))) {
    await writeFile(join(written.directory, path), bytes);
  }
  await expectExit(messina('migrate', file.path, '--until', 'loaded'), 0);
  const [table] = (await expectSums(file.path)).tables;
  expect(table?.snapshot).toMatchObject({ files: 1, filesPublished: 1, published: 4600, written: 4600 });
  expect(table?.lastError).toBeNull();
});

describe('with tolerance all', () => {
  test('bad lines are dead letters with their very bytes, and the rest arrives equal', async () => {
    await using services = await testServices();
    await createMusicTable(sourceTable(services));
    const bads = [
      '{"Item":{"Artist":{"S":"a"},',
      '{"Thing":{}}',
      line('x', { Price: { X: '1' } }),
      line('x', { Price: { N: '9'.repeat(39) } }),
      line('x', { Cover: { B: '@@@@' } }),
      line('x', { SongTitle: { N: '2' } }),
    ];
    for (const n of [1, 2, 3]) {
      const { Item } = JSON.parse(line(String(n)));
      await services.source.client.send(new PutItemCommand({ TableName: 'Music', Item }));
    }
    const opened: AsyncDisposable[] = [];
    const lines = [line('1'), ...bads.slice(0, 3), line('2'), ...bads.slice(3), line('3')];
    const options = await exportOf({ services, opened }, { files: [{ name: 'aaaa.json.gz', lines }] });
    await using file = await migrationFile(services, {
      ...options,
      rest: { deadLetters: { tolerance: 'all' } },
    });
    await expectExit(messina('migrate', file.path, '--until', 'loaded'), 0);
    await expectEqualTables(
      { client: services.source.client, table: 'Music' },
      { client: services.target.client, table: 'Music' },
    );
    const [table] = (await expectSums(file.path)).tables;
    expect(table?.snapshot).toMatchObject({ published: 9, written: 3, deadLettered: 6, filesPublished: 1 });
    const letters = await recordsOf(services.kafka.bootstrap, `${services.name}.dead-letters`);
    expect(letters.map(({ value }) => String(value))).toEqual(bads);
    const header = (name: string) => letters.map(({ headers }) => String(headers?.[name]));
    expect(header('__connect.errors.exception.class.name')).toEqual([
      'RECORD_NOT_JSON',
      'RECORD_ITEM_MISSING',
      'RECORD_TYPE_UNKNOWN',
      'RECORD_NUMBER',
      'RECORD_BINARY',
      'RECORD_KEY',
    ]);
    expect(header('messina.line')).toEqual(['2', '3', '4', '6', '7', '8']);
    expect(new Set(header('messina.file'))).toEqual(new Set(['data/aaaa.json.gz']));
    for (const one of opened) await one[Symbol.asyncDispose]();
  });

  test('a bad stream record is a dead letter that names shard and sequence number', async () => {
    await using services = await testServices();
    const address = sourceTable(services);
    await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES' });
    await loadItems({ ...address, items: 10, seed: 41 });
    await using front = await startDynamoDbFront(
      services.source.endpoint,
      withFirstRecord((record) => ({
        ...record,
        NewImage: { ...(record['Keys'] as object), Price: { N: '1'.repeat(39) } },
      })),
    );
    await using file = await migrationFile(services, {
      tables: ['Music'],
      source: { endpoint: front.endpoint },
      rest: { deadLetters: { tolerance: 'all' } },
    });
    await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
    const [table] = (await expectSums(file.path)).tables;
    expect(table?.changes).toMatchObject({
      published: 10,
      deadLettered: 1,
      byOperation: { c: 9, u: 0, d: 0 },
    });
    const [letter, ...others] = await recordsOf(services.kafka.bootstrap, `${services.name}.dead-letters`);
    expect(others).toEqual([]);
    expect(String(letter?.value)).toContain('1'.repeat(39));
    expect(String(letter?.headers?.['messina.shard'])).toMatch(/^shardId-/);
    expect(String(letter?.headers?.['messina.sequence'])).toMatch(/^\d{21,40}$/);
    expect(String(letter?.headers?.['__connect.errors.exception.class.name'])).toBe('RECORD_NUMBER');
  });
});
