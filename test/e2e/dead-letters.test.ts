import { type AttributeValue, DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { createMusicTable } from '../../workload/table.ts';
import { type TestServices, testServices } from '../services.ts';
import { expectEqualTables } from './harness/compare.ts';
import { startDynamoDbFront, withFirstRecord } from './harness/dynamodb-front.ts';
import { expectExit, Messina, messina, messinaHere, messinaJson } from './harness/messina.ts';
import { type FileOptions, migrationFile } from './harness/migration-file.ts';
import { createPoisonedTarget, cure, poisonedItems } from './harness/poisoned-target.ts';
import { expectSums, type Status } from './harness/sums.ts';
import { until } from './kafka-testing.ts';

const GOOD = 30;
const POISONED = 40;
/** Poisoned items that were corrected, or deleted, before the retry. */
const CORRECTED = 2;

const keyOf = (n: number) => ({ Artist: { S: `a${n % 5}` }, SongTitle: { S: `s${n}` } });
const good: AttributeValue = { S: 'rock' };
const poison: AttributeValue = { N: '7' };

interface List {
  readonly letters: number;
  readonly groups: readonly {
    readonly reason: string;
    readonly letters: number;
    readonly retriable: boolean;
  }[];
}

interface Retried {
  readonly tables: readonly Record<'letters' | 'written' | 'superseded' | 'filtered' | 'failed', number>[];
  readonly ofSources: number;
  readonly halted: { readonly code: string } | null;
}

test('what a target refuses is set aside, and retried once it is taken: never an older item, killed or not', async () => {
  await using services = await testServices();
  await poisonedTable(services);
  await using front = await startDynamoDbFront(
    services.source.endpoint,
    // The source cannot read one change; the snapshot holds its item.
    withFirstRecord((record) => ({
      ...record,
      NewImage: { ...(record['Keys'] as object), Price: { N: '1'.repeat(39) } },
    })),
  );
  const options: FileOptions = {
    tables: ['Music'],
    source: { endpoint: front.endpoint },
    rest: { deadLetters: { tolerance: 'all' } },
  };
  await using file = await migrationFile(services, options);
  await migrateAndChange(services, file.path);

  const { groups, letters } = await messinaJson<List>('dead-letters', file.path, 'list');
  expect(groups).toEqual([
    expect.objectContaining({ reason: 'RECORD_REFUSED', letters: letters - 1, retriable: true }),
    expect.objectContaining({ reason: 'RECORD_NUMBER', letters: 1, retriable: false }),
  ]);
  await Promise.all([expectShown(file.path, letters), expectCounted(file.path, letters)]);

  // The cause is still there: one letter stays for each key, of its newest record.
  const waiting = POISONED - CORRECTED;
  const failed = await retry(file.path, 1);
  expect(failed.tables).toMatchObject([{ letters: letters - 1, written: 0, failed: waiting }]);
  expect(failed.ofSources).toBe(1);
  await expectCounted(file.path, waiting + 1);

  const { client } = services.target;
  await cure(client, 'Music');
  await killRetry(services, file, options, waiting);
  const { tables, halted } = await retryWhenFree(file.path);
  // Partitions that were done before the kill are not retried again.
  const [finished] = tables;
  expect(finished?.letters).toSatisfy((count) => count > 0 && count <= waiting);
  expect({ halted, ...finished }).toMatchObject({ halted: null, written: finished?.letters, failed: 0 });
  await Promise.all([expectEqual(services), expectCounted(file.path, 1)]);

  // Nothing is retried twice, and the migration goes on where it was.
  expect((await retry(file.path, 0)).tables).toEqual([]);
  await using going = new Messina(['migrate', file.path]);
  await change(services, 3, good);
  await until('the change is written', async () => {
    if (!going.running) throw new Error(`it has ended:\n${going.stderr}`);
    return (await poisonedItems(client, 'Music')) === waiting - 1;
  });
  going.kill('SIGTERM');
  await expectExit(going.ended, 0);
  await Promise.all([expectEqual(services), expectCounted(file.path, 1)]);
});

async function poisonedTable(services: TestServices): Promise<void> {
  const { source, target, credentials } = services;
  await createMusicTable(
    { endpoint: source.endpoint, credentials, table: 'Music' },
    { stream: 'NEW_AND_OLD_IMAGES' },
  );
  await createPoisonedTarget(target.client, 'Music');
  // The first is the change that the source cannot read.
  for (let n = 0; n < GOOD; n++) await change(services, POISONED + n, good);
  for (let n = 0; n < POISONED; n++) await change(services, n, poison);
}

async function change({ source }: TestServices, n: number, Genre: AttributeValue): Promise<void> {
  await source.client.send(new PutItemCommand({ TableName: 'Music', Item: { ...keyOf(n), Genre } }));
}

/** Migrates, and changes some of the poisoned items while the sink runs: the newer records come by themselves. */
async function migrateAndChange(services: TestServices, file: string): Promise<void> {
  await using migrating = new Messina(['migrate', file]);
  const settled = async (published: number) => {
    if (!migrating.running) throw new Error(`it has ended:\n${migrating.stderr}`);
    const { stdout, code } = await messinaHere('status', file, '--json');
    if (code !== 0) return false;
    const [table] = (JSON.parse(stdout) as Status).tables;
    const isLoaded = table?.phase === 'following' || table?.phase === 'ready';
    return isLoaded && table.changes.published === published && table.changes.lagRecords === 0;
  };
  await until('everything is dealt with', () => settled(GOOD + POISONED));
  await expectExit(messinaHere('dead-letters', file, 'retry'), 4).then(({ stderr }) =>
    expect(stderr).toContain('SINK_RUNNING'),
  );
  await change(services, 0, good);
  await services.source.client.send(new DeleteItemCommand({ TableName: 'Music', Key: keyOf(1) }));
  await change(services, 2, { N: '8' });
  await until('the changes are dealt with', () => settled(GOOD + POISONED + 3));
  migrating.kill('SIGTERM');
  await expectExit(migrating.ended, 0);
}

/** Keys are names unless they are asked for, and items never. */
async function expectShown(file: string, letters: number): Promise<void> {
  const { stdout: names } = await expectExit(messinaHere('dead-letters', file, 'show', '--max', '3'), 0);
  expect(names.match(/RECORD_/g)).toHaveLength(3);
  expect(names).toContain('key Artist, SongTitle');
  expect(names).toContain(`and ${letters - 3} more`);
  expect(names).not.toMatch(/"?s\d+"?/);
  const one = await messinaJson<{ shown: { key: object }[] }>(
    ...['dead-letters', file, 'show', '--reason', 'RECORD_REFUSED', '--max', '1', '--show-keys'],
  );
  expect(one.shown).toMatchObject([{ key: { SongTitle: { S: expect.stringMatching(/^s\d+$/) } } }]);
}

/** Rule C9: the sums hold, and as many are counted as dead letters as there are letters. */
async function expectCounted(file: string, letters: number): Promise<void> {
  const [{ tables }, list] = await Promise.all([
    expectSums(file),
    messinaJson<List>('dead-letters', file, 'list'),
  ]);
  const counted = tables.reduce((n, one) => n + one.snapshot.deadLettered + one.changes.deadLettered, 0);
  expect({ counted, listed: list.letters }).toEqual({ counted: letters, listed: letters });
}

async function retry(file: string, code: number): Promise<Retried> {
  const { stdout } = await expectExit(messina('dead-letters', file, 'retry', '--json'), code);
  return JSON.parse(stdout) as Retried;
}

/** Kills a slow retry when it has written some, and not all. */
async function killRetry(
  services: TestServices,
  file: { readonly path: string; write(options: FileOptions): Promise<void> },
  options: FileOptions,
  waiting: number,
): Promise<void> {
  await file.write({ ...options, target: { writesPerSecond: 4 } });
  await using slow = new Messina(['dead-letters', file.path, 'retry']);
  const written = () => poisonedItems(services.target.client, 'Music');
  await until('some are written', async () => {
    if (!slow.running) throw new Error(`it has ended:\n${slow.stderr}`);
    return (await written()) > 0;
  });
  slow.kill();
  await slow.ended;
  expect(await written()).toBeLessThan(waiting);
  await file.write(options);
}

/** What was killed keeps its place in the group for its session of 10 s. */
async function retryWhenFree(file: string): Promise<Retried> {
  for (;;) {
    const { code, stdout, stderr } = await messina('dead-letters', file, 'retry', '--json');
    if (code === 0) return JSON.parse(stdout) as Retried;
    if (code !== 4 || !stderr.includes('SINK_RUNNING')) throw new Error(`exit ${code}:\n${stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const expectEqual = (services: TestServices) =>
  expectEqualTables(
    { client: services.source.client, table: 'Music' },
    { client: services.target.client, table: 'Music' },
  );
