import type { Position, SnapshotAsked, TaskContext } from '../../../connectors/connector.ts';
import { DynamoDbError } from '../../../dynamodb/errors.ts';
import type { ExportRequest, ExportState } from '../../../dynamodb/exports.ts';
import type { RequestClient } from '../../../source/export/request-client.ts';
import { TABLE_ARN, TABLE_ID, testContext } from './export-fixture.ts';
import { JumpingClock } from './jumping-clock.ts';

export const START_MS = Date.parse('2026-11-21T01:00:00Z');

export const refusal = (code: string, message = 'no', status = 400) =>
  new DynamoDbError(code, message, { status });

/** The control calls of exports, as the API reference describes them, over a clock that jumps. */
export class FakeExports implements RequestClient {
  readonly clock = new JumpingClock(START_MS);
  /** Every call by name, in order. */
  readonly calls: string[] = [];
  readonly requests: ExportRequest[] = [];
  /** By token. */
  readonly #made = new Map<string, ExportState>();
  /** By how much the clock of the service is behind ours. */
  behindMs = 0;
  /** How long an export takes, ms; then it is `end`. */
  takesMs = 600_000;
  end: Partial<ExportState> = { status: 'COMPLETED', manifestKey: 'p/AWSDynamoDB/x/manifest-summary.json' };
  pitr = true;
  tableArn = TABLE_ARN;
  tableId: string | null = TABLE_ID;
  /** What the next calls of a name throw; after them they answer. */
  readonly failures: Record<string, Error[]> = {};
  /** Called when a request has been executed, before it is answered. */
  onRequest: () => void = () => {};

  get exportsMade(): number {
    return this.#made.size;
  }

  async describeTable() {
    this.#call('describeTable');
    return { arn: this.tableArn, id: this.tableId, sizeBytes: 412, serverTimeMs: this.#secondsMs() };
  }

  async backups() {
    this.#call('backups');
    return { enabled: this.pitr, earliestMs: null, latestMs: null, serverTimeMs: this.#secondsMs() };
  }

  async enableBackups() {
    this.#call('enableBackups');
    this.pitr = true;
  }

  async request(request: ExportRequest): Promise<ExportState> {
    this.requests.push(request);
    this.#call('request');
    if (!this.pitr) throw refusal('PointInTimeRecoveryUnavailableException');
    const state = this.#made.get(request.clientToken) ?? this.#make(request);
    this.#made.set(request.clientToken, state);
    this.onRequest();
    return state;
  }

  async describeExport(arn: string): Promise<ExportState> {
    this.#call('describeExport');
    const state = [...this.#made.values()].find((one) => one.arn === arn);
    if (!state) throw refusal('ExportNotFoundException');
    const done = this.#nowMs - (state.exportMs ?? 0) >= this.takesMs;
    return { ...state, ...(done ? this.end : {}), serverTimeMs: this.#secondsMs() };
  }

  #make({ bucket, prefix }: ExportRequest): ExportState {
    return {
      arn: `${TABLE_ARN}/export/0${this.#nowMs}-${String(this.#made.size).padStart(8, '0')}`,
      status: 'IN_PROGRESS',
      exportMs: this.#nowMs,
      bucket,
      prefix,
      manifestKey: null,
      type: 'FULL_EXPORT',
      filtered: false,
      failureCode: null,
      failureMessage: null,
      serverTimeMs: this.#secondsMs(),
    };
  }

  get #nowMs(): number {
    return this.clock.now() - this.behindMs;
  }

  #call(name: string): void {
    this.calls.push(name);
    const failure = this.failures[name]?.shift();
    if (failure) throw failure;
  }

  /** The `Date` header has whole seconds. */
  #secondsMs(): number {
    return Math.floor(this.#nowMs / 1000) * 1000;
  }
}

/** Keeps notes as the catalog does: what one call noted the next one is given. */
export class NoteBook {
  facts: Position | null = null;
  readonly pages: Position[] = [];
  /** Called before a note is kept. */
  onNote: (facts: Position) => void = () => {};

  asked(notBeforeMs: number | null = null): SnapshotAsked {
    return {
      notBeforeMs,
      noted: this.facts,
      note: async (facts) => {
        this.onNote(facts);
        this.facts = facts;
        this.pages.push(facts);
      },
    };
  }
}

export const contextOf = (service: FakeExports): TaskContext => ({ ...testContext(), clock: service.clock });
