import { setMaxListeners } from 'node:events';
import { z } from 'zod';
import { systemClock } from '../../connectors/clock.ts';
import type { SinkConnector, SinkTask } from '../../connectors/connector.ts';
import { AlternatorNodes } from '../../dynamodb/endpoints.ts';
import { KeySpacing } from '../../sink/alternator/key-spacing.ts';
import { NodeRing } from '../../sink/alternator/nodes.ts';
import { AlternatorTask } from '../../sink/alternator/task.ts';
import { InFlight } from '../../sink/in-flight.ts';
import { isOff } from './naive.ts';
import { CLOCK_SKEW_MS, type Target } from './target.ts';
import type { Process } from './virtual-time.ts';

/** The Alternator sink as one process has it: all of it but the network. */
export class ModelAlternator {
  readonly nodes: AlternatorNodes;
  readonly #target: Target;
  readonly #process: Process;

  constructor(target: Target, process: Process) {
    this.#target = target;
    this.#process = process;
    const probe = (node: string) => target.probe(process, node);
    const discovery = target.balanced ? 'off' : 'auto';
    this.nodes = new AlternatorNodes({ seeds: target.seeds, probe, discovery, failuresMax: 1 });
  }

  connector(): SinkConnector<unknown> {
    return {
      name: 'AlternatorSink',
      summary: 'The production sink over a model of its target.',
      options: z.unknown(),
      supports: { version: false },
      targetTable: (_options, table) => table,
      fingerprint: () => '1',
      check: () => Promise.resolve([]),
      prepare: () => Promise.resolve({}),
      drop: () => Promise.resolve(),
      open: async (_options, { signal, leaseValid }) => this.#open(signal, leaseValid),
      rows: () => Promise.reject(new Error('not read back')) as never,
      lookUp: () => Promise.resolve([]),
    };
  }

  #open(signal: AbortSignal, leaseValid: () => boolean): SinkTask {
    setMaxListeners(0, signal);
    const clock = systemClock;
    const clockSkewMs = isOff('C7.skew') ? 0 : CLOCK_SKEW_MS;
    const serverTimeoutMs = isOff('C7.unknown') ? 0 : this.#target.faults.serverTimeoutMs;
    const spaced = this.#target.balanced && !isOff('C7.spacing');
    const task = new AlternatorTask({
      outbox: {
        clock,
        signal,
        leaseValid: isOff('C7.lease') ? () => true : leaseValid,
        nodes: new NodeRing(this.#nodes(), clock, clockSkewMs),
        inFlight: new InFlight(clock, { requestsMax: 64, bytesMax: 16 << 20, slowMs: 2500 }),
        rate: null,
        spacing: spaced ? new KeySpacing(clock, CLOCK_SKEW_MS) : null,
        serverTimeoutMs,
        clockSkewMs,
        itemsMax: 3,
      },
      targetTable: (table) => table,
      sender: () => this.#target.sender(this.#process),
      itemBytesMax: null,
      tableId: async () => '',
      close: () => Promise.resolve(),
    });
    return naively(task);
  }

  #nodes(): AlternatorNodes {
    if (!isOff('C7.sticky')) return this.nodes;
    const { nodes } = this;
    nodes.nodeForKey = () => nodes.live[Math.floor(Math.random() * nodes.live.length)]!;
    return nodes;
  }
}

function naively(task: AlternatorTask): SinkTask {
  return {
    adopt: (table, lane, takeOver) =>
      isOff('C7.takeover') ? Promise.resolve() : task.adopt(table, lane, takeOver),
    put: async (table, lane, batch, standing) => {
      const isHeld = isOff('C7.lease') ? undefined : standing;
      if (isOff('C8.prefix')) {
        void task.put(table, lane, batch, isHeld).catch(() => {});
        return [];
      }
      if (!isOff('C7.flight')) return task.put(table, lane, batch, isHeld);
      await Promise.all(batch.map((record, i) => task.put(table, `${lane}/${i}`, [record], isHeld)));
      return [];
    },
    [Symbol.asyncDispose]: () => task[Symbol.asyncDispose](),
  };
}
