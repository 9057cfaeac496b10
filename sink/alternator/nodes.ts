import type { Clock } from '../../connectors/clock.ts';
import type { AlternatorNodes } from '../../dynamodb/endpoints.ts';
import { DynamoDbError } from '../../dynamodb/errors.ts';

/** Requests in a row that nobody answered before the nodes are asked, ahead of time, who is there. */
const SILENT_MAX = 3;
/** Between two such questions. */
const ASK_AGAIN_MS = 1000;

/**
 * The nodes that are written to, and which of them a key belongs to.
 *
 * Rule C7: a key sticks to one node, because the node's clock orders its writes. Whenever the assignment changes, nothing
 * is sent for the skew bound: until then another node's clock may be behind what the old one has already stamped.
 */
export class NodeRing {
  readonly #nodes: AlternatorNodes;
  readonly #clock: Clock;
  #generation = 0;
  #calmMs = Number.NEGATIVE_INFINITY;
  #silent = 0;
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(nodes: AlternatorNodes, clock: Clock, clockSkewMs: number) {
    this.#nodes = nodes;
    this.#clock = clock;
    nodes.onChange(() => {
      this.#generation += 1;
      this.#calmMs = clock.monotonic() + clockSkewMs;
    });
  }

  /** Changes with the assignment of keys to nodes. */
  get generation(): number {
    return this.#generation;
  }

  /** False while writing pauses after a change. */
  get isCalm(): boolean {
    return this.#clock.monotonic() >= this.#calmMs;
  }

  nodeOf(key: Buffer): string {
    return this.#nodes.nodeForKey(key);
  }

  /** Waits until writing may go on; changes that come meanwhile count. */
  async calm(signal: AbortSignal): Promise<void> {
    for (;;) {
      const waitMs = this.#calmMs - this.#clock.monotonic();
      if (!(waitMs > 0)) return;
      await this.#clock.sleep(waitMs, signal);
    }
  }

  answered(): void {
    this.#silent = 0;
  }

  /** A request failed; when that goes on without any answer, discovery is told to look now. */
  failed(error: unknown): void {
    // An answer with an error comes from somebody.
    if (!(error instanceof DynamoDbError) || error.status !== null) return;
    this.#silent += 1;
    const nowMs = this.#clock.monotonic();
    if (this.#silent < SILENT_MAX || nowMs - this.#askedMs < ASK_AGAIN_MS) return;
    this.#askedMs = nowMs;
    // Without a signal it throws nothing; a node that does not answer twice is off the list.
    void this.#nodes.poll();
  }
}
