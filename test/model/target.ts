import { DynamoDbError } from '../../dynamodb/errors.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import type { Send } from '../../sink/alternator/delivery.ts';
import type { Process, VirtualTime } from './virtual-time.ts';

export const CLOCK_SKEW_MS = 1000;
const NODES = ['http://10.0.0.1:8000', 'http://10.0.0.2:8000', 'http://10.0.0.3:8000'];
const BALANCER = 'http://10.0.0.9:8000';

export interface TargetFaults {
  readonly serverTimeoutMs: number;
  /** Much is executed as late as it can be. */
  readonly late: boolean;
  /** Of requests whose outcome stays unknown, 0 to 1. */
  readonly unknown: number;
  /** Of requests that are refused as too fast, or executed in part. */
  readonly throttled: number;
}

interface Row {
  readonly stampMs: number;
  readonly n: number | null;
}

/** Hears what is sent and what is acknowledged. */
export interface TargetObserver {
  sent(record: ChangeRecord): void;
  acknowledged(record: ChangeRecord): void;
}

/** An Alternator: the clock of the node that executes a write stamps it, and the highest stamp wins (fact 5). */
export class Target {
  readonly rows = new Map<string, Row>();
  readonly down = new Set<string>();
  readonly faults: TargetFaults;
  readonly balanced: boolean;
  /** Hears what is executed. */
  say: (what: string) => void = () => {};
  observer: TargetObserver = { sent: () => {}, acknowledged: () => {} };
  readonly #time: VirtualTime;
  readonly #skewsMs: ReadonlyMap<string, number>;

  /** @param balanced behind a load balancer: any node may get a request. */
  constructor(time: VirtualTime, faults: TargetFaults, balanced: boolean) {
    this.#time = time;
    this.faults = faults;
    this.balanced = balanced;
    this.#skewsMs = new Map(NODES.map((node) => [node, time.random.between(0, CLOCK_SKEW_MS * 0.98)]));
  }

  get seeds(): readonly string[] {
    return this.balanced ? [BALANCER] : NODES;
  }

  /** A node goes, or comes back. */
  toggleNode(): void {
    const node = this.#time.random.pick(NODES);
    if (this.down.has(node)) this.down.delete(node);
    else if (this.down.size === 0) this.down.add(node);
  }

  probe(process: Process, node: string): Promise<readonly string[]> {
    return this.#time.request(process, () => {
      if (this.down.has(node)) throw refused();
      return [];
    });
  }

  /** What the application would read. */
  value(key: string): number | null {
    return this.rows.get(key)?.n ?? null;
  }

  /** One BatchWriteItem of a process. */
  sender(process: Process): Send {
    return (node, records, indexes) =>
      new Promise((resolve, reject) => {
        const { random } = this.#time;
        const executing = this.balanced ? random.pick(NODES.filter((one) => !this.down.has(one))) : node;
        const answer = (ms: number, give: () => void) => void this.#time.at(ms, process, give);
        if (this.down.has(executing)) {
          answer(2, () => reject(refused()));
          return;
        }
        for (const index of indexes) this.observer.sent(records[index]!);
        this.say(`${process.name} sends ${indexes.length} to ${executing}`);
        const luck = random.next();
        const { unknown, throttled } = this.faults;
        if (luck < unknown) {
          this.#unknown(executing, records, indexes, (ms, error) => answer(ms, () => reject(error)));
        } else if (luck < unknown + throttled / 2) {
          answer(5, () => reject(new DynamoDbError('RequestLimitExceeded', 'too fast', { status: 400 })));
        } else {
          const left = luck < unknown + throttled ? indexes.filter(() => random.chance(0.4)) : [];
          const done = indexes.filter((index) => !left.includes(index));
          const tookMs = random.pick([5, 40, 400]) * random.next();
          for (const index of done) this.#execute(executing, records[index]!, tookMs * random.next());
          answer(tookMs + 1, () => {
            for (const index of done) this.observer.acknowledged(records[index]!);
            resolve(left);
          });
        }
      });
  }

  /** The answer is lost; each write is executed before, after, or never. */
  #unknown(
    node: string,
    records: readonly ChangeRecord[],
    indexes: readonly number[],
    fail: (afterMs: number, error: DynamoDbError) => void,
  ): void {
    const { random } = this.#time;
    const { serverTimeoutMs, late } = this.faults;
    const givenUpMs = random.between(10, 1000);
    for (const index of indexes) {
      if (random.chance(0.2)) continue;
      this.#execute(
        node,
        records[index]!,
        random.between(late ? 0.8 : 0, 1) * (givenUpMs + serverTimeoutMs * 0.99),
      );
    }
    const timeout = new DynamoDbError('TIMEOUT', 'no answer', { outcomeUnknown: true });
    const failed = new DynamoDbError('InternalServerError', 'timeout', { status: 500 });
    fail(givenUpMs, random.chance(0.5) ? timeout : failed);
  }

  #execute(node: string, { key, after }: ChangeRecord, afterMs: number): void {
    const name = key.toString('latin1');
    const n = after === null ? null : numberOf(after.json);
    this.#time.at(afterMs, null, () => {
      const stampMs = this.#time.nowMs + this.#skewsMs.get(node)!;
      this.say(
        `${node} executes ${name.slice(-2).replace(/[^ -~]/g, '')} = ${n}, stamped ${(stampMs / 1000) % 1000}`,
      );
      const old = this.rows.get(name);
      if (!old || stampMs > old.stampMs || (stampMs === old.stampMs && n === null))
        this.rows.set(name, { stampMs, n });
    });
  }
}

export function numberOf(json: Buffer): number {
  return Number((JSON.parse(json.toString()) as { n: { N: string } }).n.N);
}

function refused(): DynamoDbError {
  return new DynamoDbError('CONNECTION_REFUSED', 'nobody there', { outcomeUnknown: false });
}
