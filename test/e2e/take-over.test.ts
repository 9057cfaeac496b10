import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { itemOf } from '../../workload/items.ts';
import { createMusicTable } from '../../workload/table.ts';
import { late } from '../alternator/faults.ts';
import { startAlternatorProxy } from '../alternator-proxy.ts';
import { testServices } from '../services.ts';
import { expectEqualTables } from './harness/compare.ts';
import { expectExit, Messina, messina, messinaHere } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { expectSums } from './harness/sums.ts';
import { until } from './kafka-testing.ts';

/** The write in flight is executed later than the dead process's session of ten seconds lasts. */
const LATE_MS = 12_500;
const serverTimeoutMs = 13_500;

test('a write that is still in flight when its process is killed does not win over what the next owner writes', async () => {
  await using services = await testServices();
  const { source, target, credentials } = services;
  const address = { endpoint: source.endpoint, credentials, table: 'Music' };
  await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES' });
  await loadItems({ ...address, items: 20, seed: 41 });
  await using proxy = await startAlternatorProxy({ upstream: target.endpoint });
  await using file = await migrationFile(services, {
    tables: ['Music'],
    target: { endpoints: [proxy.endpoints[0]], serverTimeoutMs },
  });
  await using first = new Messina(['migrate', file.path]);
  await expectExit(messinaHere('status', file.path, '--wait', 'ready', '--timeout', '240'), 0);

  const held = proxy.inject({ fault: late(LATE_MS, 'hang'), table: 'Music', count: 1 });
  const write = (song: string) =>
    source.client.send(
      new PutItemCommand({ TableName: 'Music', Item: { ...itemOf(41, 0), Song: { S: song } } }),
    );
  await write('the one in flight');
  await until('it is in flight', () => held.hits === 1);
  first.kill();
  await first.ended;
  const killedMs = performance.now();
  await write('the one that follows');
  await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
  // The late write has been executed by now, and was not the last.
  expect(performance.now() - killedMs).toBeGreaterThan(LATE_MS);
  await proxy.settled();
  await expectEqualTables(
    { client: source.client, table: 'Music' },
    { client: target.client, table: 'Music' },
  );
  await expectSums(file.path);
});
