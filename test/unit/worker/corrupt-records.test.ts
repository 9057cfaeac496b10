import { beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import type { KeyedLog } from '../../../connectors/kafka/keyed-log.ts';
import type { PlainProducer } from '../../../connectors/kafka/plain-producer.ts';
import { OffsetStore } from '../../../connectors/runtime/offset-store.ts';
import { fencedTasks, wantedEpoch } from '../../../connectors/runtime/source/generation.ts';
import { StatusWriter } from '../../../connectors/runtime/status-log.ts';
import type { WorkerBase } from '../../../connectors/worker/base.ts';
import { sourceOffsets } from '../../../connectors/worker/offsets/source-offsets.ts';
import { levelOf } from '../../../connectors/worker/state/config-records.ts';
import { ConfigStore } from '../../../connectors/worker/state/config-store.ts';
import { LogView, SharedLog } from './shared-log.ts';

let log: SharedLog;
let view: KeyedLog;
beforeEach(() => {
  log = new SharedLog();
  view = new LogView(log) as unknown as KeyedLog;
});

/** A record of an internal topic that somebody else wrote, or broke. */
async function stands(key: string, value: object | string): Promise<void> {
  log.write(key, value);
  await view.readToEnd();
}

const partition = { table: 'T', of: 'epoch-1', partition: 's1' };
const keyOf = (connector: string) => JSON.stringify([connector, partition]);

describe('in the offsets topic', () => {
  const shown = () => [...sourceOffsets({ offsets: view } as unknown as WorkerBase, 'c').values()];

  test.each(['', 'no JSON', '["c"', '["c",7]', '["c"]', '{}', 'null'])(
    'a key that is none hides no others: %s',
    async (key) => {
      const store = new OffsetStore(view, 'c');
      await stands(key, { sequence: '1' });
      await stands(keyOf('c'), { sequence: '7' });
      expect(shown()).toEqual([{ partition, offset: { sequence: '7' } }]);
      await store.readPastOpen();
      expect(new OffsetStore(view, 'c').get(partition)?.position).toEqual({ sequence: '7' });
    },
  );

  test.each(['no JSON', 'null', '"text"', '[7]'])(
    'a position that is none keeps its connector, and no other, from reading on: %s',
    async (value) => {
      const store = new OffsetStore(view, 'c');
      await stands(keyOf('d'), { sequence: '1' });
      await stands(keyOf('c'), value);
      for (const one of [store, new OffsetStore(view, 'c')]) {
        const asked = one.readPastOpen();
        await expect(asked).rejects.toMatchObject({ code: 'WORKER_RECORD', detail: { key: keyOf('c') } });
      }
      await new OffsetStore(view, 'd').readPastOpen();
      expect(shown()).toEqual([{ partition, offset: null }]);
      await stands(keyOf('c'), { sequence: '7' });
      await store.readPastOpen();
      expect(store.get(partition)?.position).toEqual({ sequence: '7' });
    },
  );
});

describe('in the configs topic', () => {
  test.each(['no JSON', 'null', '{}', '{"epoch":"2","task-count":"2"}'])(
    'a number that is none is named: %s',
    async (value) => {
      await stands('messina-epoch-T', value);
      await stands('tasks-fencing-c', value);
      const named = (key: string) => expect.objectContaining({ code: 'WORKER_RECORD', detail: { key } });
      expect(() => wantedEpoch(view, 'T')).toThrow(named('messina-epoch-T'));
      expect(() => fencedTasks(view, 'c')).toThrow(named('tasks-fencing-c'));
      expect([wantedEpoch(view, 'U'), fencedTasks(view, 'd')]).toEqual([1, null]);
    },
  );

  test('a level that cannot be read is named and passed over', async () => {
    const said: string[] = [];
    const kafka = { log: (level: string, text: string) => said.push(`${level} ${text}`) };
    await stands('logger-cluster-a', 'no JSON');
    await stands('logger-cluster-b', { level: 'DEBUG' });
    const store = new ConfigStore(kafka as unknown as KafkaClient, view, 'g', systemClock);
    const levels: string[] = [];
    store.onLevel((name, record) => levels.push(`${name} ${levelOf(`logger-cluster-${name}`, record)}`));
    expect(levels).toEqual(['b DEBUG']);
    expect(said).toEqual([expect.stringMatching(/^error .*logger-cluster-a/)]);
  });
});

describe('in the status topic', () => {
  test.each(['no JSON', 'null', '{}', '7'])('a status that is none is nobody’s: %s', async (value) => {
    await stands('status-task-c-0', value);
    const written: string[] = [];
    const producer = {
      send: async (_topic: string, _partition: number, [record]: { key: Buffer }[]) =>
        written.push(String(record?.key)),
    } as unknown as PlainProducer;
    const writer = new StatusWriter(producer, 'status', 1, systemClock, view);
    await writer.writeUnlessTaken('status-task-c-0', { worker_id: 'me:1' });
    expect(written).toEqual(['status-task-c-0']);
    await stands('status-task-c-0', { worker_id: 'other:1' });
    await writer.writeUnlessTaken('status-task-c-0', { worker_id: 'me:1' });
    expect(written).toHaveLength(1);
  });
});
