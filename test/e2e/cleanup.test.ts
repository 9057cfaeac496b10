import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { describeGroup } from '../../connectors/kafka/committed.ts';
import { deleteTopics, ensureTopics, listTopics } from '../../connectors/kafka/topics.ts';
import { createMusicTable } from '../../workload/table.ts';
import { testServices } from '../services.ts';
import { expectEqualTables } from './harness/compare.ts';
import { expectExit, Messina, messina, messinaJson } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { expectSums, statusOf } from './harness/sums.ts';
import { kafkaClient, until } from './kafka-testing.ts';

const ITEMS = 300;
const OPERATIONS = 400;

interface Loaded {
  readonly fill: { readonly created: number; readonly next: number };
  readonly byOperation: { readonly c: number; readonly u: number; readonly d: number };
  readonly exact: boolean;
}

interface Cleaned {
  readonly removed: readonly { readonly kind: string; readonly name: string }[];
  readonly kept: readonly { readonly kind: string; readonly name: string; readonly why: string }[];
}

test('a rehearsal is loaded, counted, migrated to two targets and cleaned up; tables and others stay', async () => {
  await using services = await testServices();
  const { name, credentials, region, source } = services;
  const address = { endpoint: source.endpoint, credentials, region, table: 'Music' };
  await using file = await migrationFile(services, { tables: ['Music'] });
  const load = ['load', file.path, '--table', 'Music', '--seed', '7'];
  await createMusicTable(address);
  const { fill, exact } = await messinaJson<Loaded>(...load, '--items', String(ITEMS));
  expect({ fill, exact }).toMatchObject({ fill: { created: ITEMS, next: ITEMS }, exact: true });
  await using endless = new Messina([...load, '--rate', '100', '--json']);
  await until('it writes', () => /Music writing [1-9]/.test(endless.stderr));
  endless.kill('SIGINT');
  const stopped = JSON.parse((await expectExit(endless.ended, 0)).stdout) as {
    writes: { operations: number };
  };
  expect(stopped.writes.operations).toBeGreaterThan(0);

  await using running = new Messina(['migrate', file.path]);
  await expectExit(messina('status', file.path, '--wait', 'loaded'), 0);
  const writes = ['--rate', '400', '--operations', String(OPERATIONS), '--keys', String(ITEMS)];
  const { byOperation } = await messinaJson<Loaded>(...load, ...writes);
  const written = byOperation.c + byOperation.u + byOperation.d;
  // Ready may be said of what is seconds old.
  await until('all changes are written', async () => {
    const { published, lagRecords } = (await statusOf(file.path)).tables[0]!.changes;
    return published === written && lagRecords === 0;
  });
  await expectExit(messina('status', file.path, '--wait', 'ready'), 0);
  const { changes } = (await expectSums(file.path)).tables[0]!;
  expect(changes.byOperation).toEqual(byOperation);

  const refused = await expectExit(messina('cleanup', file.path, '--yes'), 4);
  expect(refused.stderr).toMatch(
    new RegExp(`Migration ${name} is being run by messina-${name} at 127.0.0.1`),
  );
  running.kill('SIGINT');
  await expectExit(running.ended, 0);

  // What looks like it and is none of its own: by prefix, by name, by nothing but the table.
  await using kafka = kafkaClient(services.kafka.bootstrap);
  const others = [`${name}.Other.snapshot`, `${name}-eu-offsets`, `${name}-eu.Music.changes`];
  await ensureTopics(
    kafka,
    others.map((topic) => ({ topic, partitions: 1, config: {} })),
  );
  const second = { name: 'second', tables: { Music: 'Music2' } };
  await file.write({ tables: ['Music'], target: second });
  await expectExit(messina('migrate', file.path, '--sinks-only', '--until', 'loaded'), 0);
  const sinks = [`connect-${name}-alternator`, `connect-${name}-second`];

  const asked = await expectExit(messina('cleanup', file.path), 2);
  for (const listed of [...sinks, `topic ${name}.catalog`, 'stream of table Music'])
    expect(asked.stderr).toContain(listed);
  await file.write({ tables: ['Music'], source: { endpoint: 'http://127.0.0.1:9' } });
  const unreachable = await expectExit(messina('cleanup', file.path, '--yes'), 1);
  expect(unreachable.stderr).toContain('--keep-source');
  expect(await listTopics(kafka)).toEqual(expect.arrayContaining([`${name}.catalog`, `${name}-slots`]));

  // As a kill leaves it: some are gone, the catalog is there.
  const gone = [`${name}-offsets`, `${name}-status`, `${name}.Music.changes`];
  await deleteTopics(kafka, gone);
  await file.write({ tables: ['Music'] });
  const cleaned = await messinaJson<Cleaned>('cleanup', file.path, '--yes');
  const topics = ['-configs', '-slots', '.Music.snapshot', '.dead-letters', '.catalog'].map(
    (end) => name + end,
  );
  const named = (kind: string) => cleaned.removed.filter((one) => one.kind === kind).map((one) => one.name);
  expect(named('topic')).toEqual(topics);
  expect(named('group')).toEqual(expect.arrayContaining(sinks));
  expect(named('stream')).toEqual(['Music']);
  expect(cleaned.kept).toEqual([]);
  const left = (await listTopics(kafka)).filter((topic) => topic.startsWith(name));
  expect(left).toEqual(others.toSorted());
  for (const group of [name, ...sinks]) expect((await describeGroup(kafka, group)).state).toBe('Dead');

  const { Table } = await source.client.send(new DescribeTableCommand({ TableName: 'Music' }));
  expect(Table?.StreamSpecification?.StreamEnabled ?? false).toBe(false);
  for (const table of ['Music', 'Music2']) {
    await expectEqualTables(
      { client: source.client, table: 'Music' },
      { client: services.target.client, table },
    );
  }
  expect(await messinaJson<Cleaned>('cleanup', file.path, '--yes')).toMatchObject({ removed: [], kept: [] });
});
