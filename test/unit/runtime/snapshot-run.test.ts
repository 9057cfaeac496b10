import { describe, expect, test } from 'vitest';
import type { SnapshotRecord, TableRecord } from '../../../connectors/catalog-records.ts';
import type { SnapshotSource, SourcePartition } from '../../../connectors/connector.ts';
import { createLogger } from '../../../connectors/log.ts';
import { NO_COUNTS } from '../../../connectors/runtime/offset-store.ts';
import type { Publication } from '../../../connectors/runtime/source/publisher.ts';
import { SnapshotRun } from '../../../connectors/runtime/source/snapshot-run.ts';
import type { TaskRun } from '../../../connectors/runtime/source/task-run.ts';

const file: SourcePartition = { id: 'a.json.gz', after: [], expectedRecords: 3 };

/** Task 0 completes a snapshot of one file: two rows in the topic, one line set aside. */
function completed(snapshot: Partial<SnapshotRecord>) {
  const published: Publication[] = [];
  const counts = { ...NO_COUNTS, rows: [2], deadLettered: 1 };
  const positions = new Map([[file.id, { position: {}, done: true, coverageMs: null, counts, version: 1 }]]);
  const task = {
    definition: { name: 'm-snapshot' },
    partitions: 1,
    offsets: () => ({ of: () => positions, subscribe: () => () => {} }),
    catalog: { snapshotPartition: () => ({ beginOffset: 0 }) },
    topics: { snapshot: () => 'rows' },
    publisher: {
      publish: async (publication: Publication) => {
        published.push(publication);
        return [2];
      },
    },
    log: createLogger({ level: 'silent', format: 'json', destination: { write() {} } }),
    context: { signal: new AbortController().signal },
  } as unknown as TaskRun;
  const record = {
    facts: { id: 's', exportMs: 1, rows: 3 },
    epoch: 1,
    rank: 0,
    version: 1,
    windowOf: null,
    ...snapshot,
  } as unknown as SnapshotRecord;
  const table = { facts: { table: 'T' } } as TableRecord;
  const run = new SnapshotRun(task, {} as SnapshotSource<unknown>, {}, table, record);
  return { published, done: run.complete([file]) };
}

describe('a snapshot with a line that was set aside', () => {
  test('is complete where it is the first of its table', async () => {
    const { published, done } = completed({});
    await done;
    expect(published).toHaveLength(1);
  });

  test('cannot say what is gone: the item of that line exists (rule C11)', async () => {
    const { published, done } = completed({ epoch: 2 });
    await expect(done).rejects.toMatchObject({ code: 'EXPORT_INCOMPLETE' });
    expect(published).toHaveLength(0);
  });

  test('is complete where it is a window, which holds its deletes itself', async () => {
    const { published, done } = completed({ epoch: 2, rank: 1, windowOf: 'full' });
    await done;
    expect(published).toHaveLength(1);
  });
});
