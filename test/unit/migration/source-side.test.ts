import { beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { createLogger } from '../../../connectors/log.ts';
import { ITEMS } from '../../../migration/verify/row-space.ts';
import { sourceSide } from '../../../migration/verify/source-side.ts';
import { sinkTable } from '../../sink-records.ts';
import { keyOf } from './verify-world.ts';

const live = vi.hoisted(() => ({ id: 'first' as string | null }));

vi.mock('../../../source/scan/scan-client.ts', () => ({
  scanClient: () => ({
    describeTable: async () => ({
      id: live.id,
      billing: { mode: 'PAY_PER_REQUEST', readUnits: 0 },
      serverTimeMs: 0,
    }),
    pages: async function* () {},
  }),
}));
vi.mock('../../../sink/alternator/read-back.ts', () => ({
  getItems: async (_data: unknown, _table: string, _schema: unknown, keys: readonly Buffer[]) =>
    keys.map(() => null),
}));

const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });
const open = () => {
  const table = { ...sinkTable('Music').facts, tableId: 'first' };
  const access = { region: 'eu-west-1', endpoint: 'http://127.0.0.1:1' };
  const context = { clock: systemClock, log, signal: new AbortController().signal };
  return sourceSide({ access, table, transforms: [], space: ITEMS, segments: 2, readCapacity: 0.5 }, context);
};
const look = () => open().look([{ key: keyOf('a'), base: null, suspicion: null, tried: null }]);
async function scan(): Promise<void> {
  for await (const _ of open().rows(() => true));
}

beforeEach(() => {
  live.id = 'first';
});

test('a table that was deleted and created again is not read in the place of the one that is known (rule C5)', async () => {
  live.id = 'second';
  await expect(scan()).rejects.toMatchObject({ code: 'SOURCE_DATA_GAP' });
  await expect(look()).rejects.toMatchObject({ code: 'SOURCE_DATA_GAP' });
});

test('the table that is known is read, and a stand-in without ids is believed', async () => {
  for (const id of ['first', null]) {
    live.id = id;
    await scan();
    expect((await look()).map(({ digest }) => digest)).toEqual([null]);
  }
});
