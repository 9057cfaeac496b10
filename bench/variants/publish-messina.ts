import { TransactionalProducer } from '../../connectors/kafka/producer.ts';
import type { PublishJob } from '../jobs.ts';
import { type Measured, Meter } from '../meter.ts';
import { alternatorTarget, openWorld, published } from './world.ts';

/** The product's source task on an export: files, scanner, Avro, transactions. Latency: one transaction. */
export async function publish(job: PublishJob): Promise<Measured> {
  const { shape, manifest, items, bytes } = job.export;
  const target = alternatorTarget('bench', 'http://127.0.0.1:9');
  const world = await openWorld({ ...job, shape, manifest, target });
  const meter = new Meter();
  timeTransactions(meter);
  meter.begin();
  meter.first();
  const ended = world.source.run();
  await published(world);
  const measured = meter.end(items, bytes);
  world.source.stop();
  await ended;
  return measured;
}

/** From begin to the answer of commit. */
function timeTransactions(meter: Meter): void {
  const { prototype } = TransactionalProducer;
  const { begin, commit } = prototype;
  let begunMs = 0;
  prototype.begin = function (this: TransactionalProducer) {
    begunMs = performance.now();
    begin.call(this);
  };
  prototype.commit = async function (this: TransactionalProducer) {
    await commit.call(this);
    meter.took(performance.now() - begunMs);
  };
}
