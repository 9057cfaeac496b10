import { SinkTask } from '../../connectors/runtime/sink/sink-task.ts';
import { keyspace } from '../cql-tables.ts';
import type { CqlWriteJob } from '../jobs.ts';
import { type Measured, Meter } from '../meter.ts';
import { openWorld } from './world.ts';
import { counted } from './write-messina.ts';

/** The product's sink task: fetch, lanes, CqlSink. */
export async function write(job: CqlWriteJob): Promise<Measured> {
  const { contactPoint, mapping, run } = job;
  const target = {
    type: 'cql',
    name: run,
    contactPoints: [contactPoint],
    keyspace,
    mapping,
    existing: 'keep',
  };
  const world = await openWorld({ ...job, manifest: 'file:///none', target });
  const meter = new Meter();
  const { definition, written } = counted(world.sink, job.items, meter);
  const task = new SinkTask(definition, world.world, 0);
  meter.begin();
  await task.start();
  await written;
  const measured = meter.end(job.items, job.items * job.bytesPerItem);
  await task.stop(5_000);
  return measured;
}
