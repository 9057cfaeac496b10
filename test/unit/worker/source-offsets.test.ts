import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { FlatConfig } from '../../../connectors/config/flat/flat-config.ts';
import type { KeyedLog } from '../../../connectors/kafka/keyed-log.ts';
import { partitionOf } from '../../../connectors/kafka/wire/murmur2.ts';
import { OffsetStore } from '../../../connectors/runtime/offset-store.ts';
import type { WorkerBase } from '../../../connectors/worker/base.ts';
import {
  alterOffsets,
  offsetsOf,
  resetOffsets,
} from '../../../connectors/worker/offsets/connector-offsets.ts';
import { LogView, SharedLog } from './shared-log.ts';

const producers = vi.hoisted(() => ({ fenced: [] as string[], steps: [] as string[] }));

vi.mock('../../../connectors/kafka/producer.ts', () => ({
  TransactionalProducer: class {
    constructor(_client: unknown, id: string) {
      producers.steps.push(`open ${id}`);
    }
    static async fence(_client: unknown, ids: readonly string[]) {
      producers.fenced.push(...ids);
      producers.steps.push('fence');
    }
    async init() {}
    begin() {}
    async send(_topic: string, partition: number, records: readonly { key: Buffer; value: Buffer | null }[]) {
      for (const { key, value } of records) producers.steps.push(`${partition} ${key} ${value}`);
    }
    async commit() {
      producers.steps.push('commit');
    }
    async [Symbol.asyncDispose]() {}
  },
}));

let offsets: SharedLog;
let configs: SharedLog;
beforeEach(() => {
  Object.assign(producers, { fenced: [], steps: [] });
  [offsets, configs] = [new SharedLog(), new SharedLog()];
  offsets.write('["c",{"table":"T","of":"epoch-1","partition":"s1"}]', { sequence: '7' });
  offsets.write('["c",{"table":"T","of":"epoch-1","partition":"s2"}]', { sequence: '8' });
  offsets.write('["d",{"table":"T","of":"epoch-1","partition":"s1"}]', { sequence: '9' });
});

const of = (config: FlatConfig = {}) => ({
  connector: { name: 'c', config, target: 'STOPPED', tasks: [] } as const,
  type: 'source' as const,
  base: {
    kafka: {},
    offsets: new LogView(offsets),
    configs: new LogView(configs),
    offsetsOf: (connector: string) => new OffsetStore(new LogView(offsets) as unknown as KeyedLog, connector),
  } as unknown as WorkerBase,
  placeholders: { env: {}, folder: '' },
  offsetsTopic: { topic: 'g-offsets', partitions: 5, replicationFactor: null },
  group: 'g',
});
const partition = { table: 'T', of: 'epoch-1', partition: 's1' };
const placed = (value: string | null, shard = 's1') => {
  const key = `["c",{"table":"T","of":"epoch-1","partition":"${shard}"}]`;
  return `${partitionOf(Buffer.from(key), 5)} ${key} ${value}`;
};

describe('the offsets of a source', () => {
  test('are its own', async () => {
    expect(await offsetsOf(of())).toEqual([
      { partition, offset: { sequence: '7' } },
      { partition: { ...partition, partition: 's2' }, offset: { sequence: '8' } },
    ]);
  });

  test('are altered in one transaction, each in the partition of its key', async () => {
    const message = await alterOffsets(of(), [{ partition, offset: { sequence: '3' } }]);
    expect(message).toBe('The offsets for this connector have been altered successfully');
    expect(producers.steps).toEqual(['fence', 'open g-c-0', placed('{"sequence":"3"}'), 'commit']);
  });

  test.each([[{}], [{ sequence: 7 }], [{ sequence: '3', more: '1' }], [{ sequenz: '3' }]])(
    'are not altered to what is no position: %j',
    async (offset) => {
      await expect(alterOffsets(of(), [{ partition, offset }])).rejects.toMatchObject({ status: 400 });
      expect(producers.steps).toEqual([]);
    },
  );

  test('are all deleted by a reset', async () => {
    const message = await resetOffsets(of());
    expect(message).toBe('The offsets for this connector have been reset successfully');
    expect(producers.steps).toEqual(expect.arrayContaining([placed(null), placed(null, 's2')]));
  });

  test('that are deleted leave what they published, which nobody sees or alters, and adds up (rule C9)', async () => {
    const [first, second] = ['s1', 's2'].map(
      (shard) => `["c",{"table":"T","of":"epoch-1","partition":"${shard}"}]`,
    ) as [string, string];
    const counted = (c: number, version: number) => ({
      'messina.coverageMs': 5,
      'messina.c': c,
      'messina.rows': `1,${c}`,
      'messina.version': version,
    });
    offsets.write(first, counted(2, 70));
    offsets.write(second, counted(3, 60));
    const before = '["c",{"table":"T","of":"messina.reset","partition":"epoch-1"}]';
    const written = () => {
      const line = producers.steps.find((step) => step.includes(before)) ?? '';
      return JSON.parse(line.slice(line.indexOf(before) + before.length)) as object;
    };
    await resetOffsets(of());
    const all = { 'messina.c': 5, 'messina.rows': '2,5', 'messina.version': 70, 'messina.coverageMs': null };
    expect(written()).toMatchObject(all);

    offsets.write(before, written());
    const own = { table: 'T', of: 'messina.reset', partition: 'epoch-1' };
    expect((await offsetsOf(of())).map(({ partition: one }) => one)).not.toContainEqual(own);
    for (const offset of [null, { x: '1' }]) {
      const altered = alterOffsets(of(), [{ partition: own, offset }]);
      await expect(altered).rejects.toMatchObject({ status: 400 });
    }
    producers.steps.length = 0;
    await alterOffsets(of(), [{ partition, offset: null }]);
    expect(written()).toMatchObject({ 'messina.c': 7, 'messina.rows': '3,7', 'messina.version': 70 });
  });

  test('are changed only when all its tasks are fenced, as many as it last ran with (rule C3)', async () => {
    configs.write('tasks-fencing-c', { 'task-count': 3 });
    await alterOffsets(of({ 'tasks.max': '1' }), [{ partition, offset: null }]);
    expect(producers.fenced).toEqual(['g-c-0', 'g-c-1', 'g-c-2']);
  });

  test('are changed also where its number of tasks is a placeholder, or it never ran', async () => {
    await alterOffsets(of({ 'tasks.max': '${env:TASKS}' }), [{ partition, offset: null }]);
    expect(producers.fenced).toEqual(['g-c-0']);
  });

  test.each([[{ sequence: '3' }], [null]])(
    'of a partition that was never read are neither made up nor deleted: %j',
    async (offset) => {
      const foreign = { ...partition, partition: 's9' };
      const asked = alterOffsets(of(), [{ partition: foreign, offset }]);
      await expect(asked).rejects.toMatchObject({
        status: 400,
        message: expect.stringContaining(
          'no offset for partition {"table":"T","of":"epoch-1","partition":"s9"}',
        ),
      });
      expect(producers.steps).toEqual([]);
    },
  );

  test('are looked at again when the tasks are fenced: what those stored last counts', async () => {
    const asked = of();
    const { readPastOpen } = asked.base.offsets;
    let reads = 0;
    asked.base.offsets.readPastOpen = () => {
      if (++reads === 2) {
        const child = '["c",{"table":"T","of":"epoch-1","partition":"s3"}]';
        offsets.write(child, { sequence: '9', after: 's1' });
      }
      return readPastOpen.call(asked.base.offsets);
    };
    const altered = alterOffsets(asked, [{ partition, offset: { sequence: '3' } }]);
    await expect(altered).rejects.toMatchObject({ status: 400, message: expect.stringContaining('s3') });
    expect(producers.steps).toEqual(['fence']);
  });
});
