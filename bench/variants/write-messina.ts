import { subscribe } from 'node:diagnostics_channel';
import { SinkTask } from '../../connectors/runtime/sink/sink-task.ts';
import type { SinkDefinition } from '../../connectors/runtime/sink/sink-world.ts';
import type { WriteJob } from '../jobs.ts';
import { type Measured, Meter } from '../meter.ts';
import { alternatorTarget, openWorld } from './world.ts';

/** The product's sink task: fetch, lanes, AlternatorSink. Latency: one request, from its headers to the end of its answer. */
export async function write(job: WriteJob): Promise<Measured> {
  const target = alternatorTarget(job.run, job.endpoint);
  const world = await openWorld({ ...job, manifest: 'file:///none', target });
  const meter = new Meter();
  timeRequests(meter);
  const { definition, written } = counted(withBatches(world.sink, job.batchItems), job.items, meter);
  const task = new SinkTask(definition, world.world, 0);
  meter.begin();
  await task.start();
  await written;
  const measured = meter.end(job.items, job.items * job.bytesPerItem);
  await task.stop(5_000);
  return measured;
}

/** A migration file leaves the size of requests to the connector. */
function withBatches(definition: SinkDefinition, batchItems: number | null): SinkDefinition {
  if (batchItems === null) return definition;
  return { ...definition, options: { ...(definition.options as object), batchItems } };
}

/** Counts what `put` made durable; `written` resolves when that is all. */
export function counted(
  definition: SinkDefinition,
  items: number,
  meter: Meter,
): { definition: SinkDefinition; written: Promise<void> } {
  const { plugin } = definition;
  let left = items;
  let finish: () => void = () => {};
  const written = new Promise<void>((resolve) => (finish = resolve));
  const open: typeof plugin.open = async (options, context) => {
    const task = await plugin.open(options, context);
    return {
      adopt: (...args) => task.adopt(...args),
      put: async (table, lane, batch, standing) => {
        meter.first();
        const failures = await task.put(table, lane, batch, standing);
        if (failures[0]) throw failures[0].error;
        left -= batch.length;
        if (left <= 0) finish();
        return failures;
      },
      [Symbol.asyncDispose]: () => task[Symbol.asyncDispose](),
    };
  };
  return { definition: { ...definition, plugin: { ...plugin, open } }, written };
}

/** undici says when it sends a request's headers and when the answer has ended (undici docs: DiagnosticsChannel). */
export function timeRequests(meter: Meter): void {
  const sentMs = new WeakMap<object, number>();
  const requestOf = (message: unknown) => (message as { request: object }).request;
  subscribe('undici:client:sendHeaders', (message) => {
    sentMs.set(requestOf(message), performance.now());
  });
  subscribe('undici:request:trailers', (message) => {
    const since = sentMs.get(requestOf(message));
    if (since !== undefined) meter.took(performance.now() - since);
  });
}
