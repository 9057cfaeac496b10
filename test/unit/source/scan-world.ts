import { pino } from 'pino';
import type { SnapshotFacts } from '../../../connectors/catalog-records.ts';
import type { Position, SourceBatch, TaskContext } from '../../../connectors/connector.ts';
import type { ScanPage, ScanOptions as ScanRequest } from '../../../dynamodb/scan.ts';
import { scanSource } from '../../../source/scan/connector.ts';
import { scanOptions } from '../../../source/scan/options.ts';
import type { LiveTable, ScanClient } from '../../../source/scan/scan-client.ts';
import { JumpingClock } from './jumping-clock.ts';
import { asked } from './snapshot-asked.ts';
import { FACTS, START } from './stream-world.ts';

export const PROVISIONED = { mode: 'PROVISIONED', readUnits: 100, writeUnits: 1 } as const;

/** A table whose segments hold some items each, served in small pages. */
export class ScanWorld implements ScanClient {
  readonly clock = new JumpingClock(START + 400);
  readonly abort = new AbortController();
  readonly context: TaskContext = {
    clock: this.clock,
    log: pino({ level: 'silent' }),
    signal: this.abort.signal,
  };
  readonly source = scanSource(() => this);
  readonly requests: ScanRequest[] = [];
  itemsPerSegment = 10;
  pageItems = 4;
  unitsPerPage = 0;
  fault: Error | null = null;
  table: Omit<LiveTable, 'serverTimeMs'> = { id: 'table-1', billing: PROVISIONED };

  facts() {
    return Promise.resolve(FACTS);
  }

  async describeTable(): Promise<LiveTable> {
    return { ...this.table, serverTimeMs: Math.floor(this.clock.nowMs / 1000) * 1000 };
  }

  async *pages(request: ScanRequest): AsyncGenerator<ScanPage, void, undefined> {
    this.requests.push(request);
    let from = request.startKey ? JSON.parse(request.startKey.toString()).at : 0;
    do {
      if (this.fault !== null) throw this.fault;
      const to = Math.min(from + this.pageItems, this.itemsPerSegment);
      const ids = Array.from({ length: to - from }, (_, i) => `${request.segment}-${from + i}`);
      const items = ids.map((id) => {
        const bytes = Buffer.from(JSON.stringify({ id: { S: id } }));
        return request.scanner.scan(bytes, 0, bytes.length);
      });
      const lastKey = to < this.itemsPerSegment ? Buffer.from(JSON.stringify({ at: to })) : null;
      yield { items, lastKey, serverTimeMs: START, consumedUnits: this.unitsPerPage };
      if (lastKey !== null) await request.pace?.(this.unitsPerPage, request.signal);
      from = to;
    } while (from < this.itemsPerSegment);
  }

  options(more = {}) {
    return scanOptions.parse({ region: 'eu-central-1', ...more });
  }

  async read(
    id: string,
    snapshot: SnapshotFacts,
    position: Position | null = null,
    polls = Number.POSITIVE_INFINITY,
    more = {},
  ) {
    const partition = { id, after: [], expectedRecords: null };
    const from = { position, parents: [], table: FACTS, snapshot, version: 77 };
    await using reader = await this.source.open(this.options(more), partition, from, this.context);
    const batches: SourceBatch[] = [];
    for (let i = 0; i < polls; i++) {
      batches.push(await reader.poll());
      if (batches.at(-1)!.done) break;
    }
    return batches;
  }

  async take(notBeforeMs: number | null, more = {}): Promise<SnapshotFacts> {
    const [snapshot] = await this.source.take(this.options(more), FACTS, asked(notBeforeMs), this.context);
    return snapshot;
  }
}
