import { SinkTask } from '../../connectors/runtime/sink/sink-task.ts';
import type { BothJob } from '../jobs.ts';
import { type Measured, Meter } from '../meter.ts';
import { alternatorTarget, openWorld } from './world.ts';
import { counted, timeRequests } from './write-messina.ts';

/** Source task and sink task in one process, as `messina migrate` runs them. Latency: one request to the target. */
export async function migrate(job: BothJob): Promise<Measured> {
  const { shape, manifest, items, bytes } = job.export;
  const target = alternatorTarget('bench', job.endpoint);
  const world = await openWorld({ ...job, shape, manifest, target });
  const meter = new Meter();
  timeRequests(meter);
  // The export's equal keys stand so far apart that no batch holds two, so every row is written and counted.
  const { definition, written } = counted(world.sink, items, meter);
  const sink = new SinkTask(definition, world.world, 0);
  meter.begin();
  meter.first();
  const source = world.source.run();
  await sink.start();
  await written;
  const measured = meter.end(items, bytes);
  world.source.stop();
  await Promise.all([source, sink.stop(5_000)]);
  return measured;
}
