import cassandra from 'cassandra-driver';
import { clientOf, insertOf, paramsOf } from '../cql-tables.ts';
import type { CqlWriteJob } from '../jobs.ts';
import { type Measured, Meter } from '../meter.ts';
import { consume, itemIn } from './usual-consumer.ts';

/** Rows of one call: what a script writes at a time. */
const ROWS_AT_ONCE = 500;

/** The loop one finds in examples: the driver's own executeConcurrent with plain objects. Latency: one call. */
export async function write(job: CqlWriteJob): Promise<Measured> {
  const client = clientOf(job.contactPoint);
  await client.connect();
  const query = insertOf(job.shape);
  const meter = new Meter();
  return consume(job, meter, async (messages, isOver, wrote) => {
    for (let from = 0; from < messages.length && !isOver(); from += ROWS_AT_ONCE) {
      const params = messages
        .slice(from, from + ROWS_AT_ONCE)
        .map((message) => paramsOf(job.shape, itemIn(message)));
      const sentMs = performance.now();
      await cassandra.concurrent.executeConcurrent(client, query, params, { concurrencyLevel: 100 });
      meter.took(performance.now() - sentMs);
      wrote(params.length);
    }
  });
}
