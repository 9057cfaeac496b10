import { beforeEach, describe, expect, test, vi } from 'vitest';
import { partitionOf } from '../../../connectors/kafka/murmur2.ts';
import type { WorkerBase } from '../../../connectors/worker/base.ts';
import { alterOffsets, offsetsOf, resetOffsets } from '../../../connectors/worker/connector-offsets.ts';
import type { FlatConfig } from '../../../connectors/worker/herder.ts';
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
  base: { kafka: {}, offsets: new LogView(offsets), configs: new LogView(configs) } as unknown as WorkerBase,
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

  test('are changed only when all its tasks are fenced, as many as it last ran with (rule C3)', async () => {
    configs.write('tasks-fencing-c', { 'task-count': 3 });
    await alterOffsets(of({ 'tasks.max': '1' }), [{ partition, offset: null }]);
    expect(producers.fenced).toEqual(['g-c-0', 'g-c-1', 'g-c-2']);
  });

  test('are changed also where its number of tasks is a placeholder, or it never ran', async () => {
    await alterOffsets(of({ 'tasks.max': '${env:TASKS}' }), [{ partition, offset: null }]);
    expect(producers.fenced).toEqual(['g-c-0']);
  });

  test('of a partition that was never read cannot be made up, but may be deleted', async () => {
    const foreign = { ...partition, partition: 's9' };
    const asked = alterOffsets(of(), [{ partition: foreign, offset: { sequence: '3' } }]);
    await expect(asked).rejects.toMatchObject({ status: 400, message: expect.stringContaining('s9') });
    expect(producers.steps).toEqual([]);
    await alterOffsets(of(), [{ partition: foreign, offset: null }]);
    expect(producers.steps.at(-1)).toBe('commit');
  });
});
