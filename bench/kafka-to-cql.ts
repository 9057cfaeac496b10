import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startCassandra } from '../local/cassandra.ts';
import { startKafka } from '../local/kafka.ts';
import { createTables, mappingOf } from './cql-tables.ts';
import { type Filled, fill } from './fill.ts';
import type { CqlWriteJob } from './jobs.ts';
import type { Measured } from './meter.ts';
import { runJob, startStub } from './processes.ts';
import { type Row, writeReport } from './report.ts';
import { partitions, readSettings, type Settings, say, scratchDirectory } from './settings.ts';
import type { Shape } from './shapes.ts';

const ITEMS: Readonly<Record<Shape, number>> = { a: 400_000, b: 100_000, c: 10_000 };
/** Cassandra takes some ten thousand rows a second beside its client. */
const ITEMS_CASSANDRA: Readonly<Record<Shape, number>> = { a: 100_000, b: 40_000, c: 5000 };
const USUAL_SECONDS_MAX = 10;

const notes = [
  'A real Kafka broker on the same machine, topics of 12 partitions filled beforehand: for messina by its own source (Avro, lz4), for the usual loop by the usual loop (JSON).',
  'stub: a process before a real Cassandra that answers every prepared INSERT at once and keeps nothing; all else is Cassandra’s. It shows the client’s cost; the server’s is not in it.',
  'Cassandra: 5.0, one node with 512 MiB of heap, on the same two cores. What it does is the limit.',
  'Both write the same typed columns (6, 25 and 8), one row per statement. messina: the product’s sink task, exactly-once positions and lanes included, every row with its version and every column. usual loop: kafkajs, JSON, all partitions at once, the driver’s executeConcurrent with plain objects, 100 at a time per partition, without versions; it ends after 10 s.',
  'CPU is user + system of the whole measured process, start-up and warm-up of the work included, Kafka and target not. Of several runs the one with the least CPU per item is shown, with the highest RSS of all.',
];

const variants = [
  { title: 'messina', variant: 'write-cql-messina' },
  { title: 'executeConcurrent, plain objects', variant: 'write-execute-concurrent' },
] as const;

/** Kafka → CQL: a stub of the writes, and Cassandra. */
export async function kafkaToCql(settings: Settings): Promise<void> {
  await using kafka = await startKafka();
  await using cassandra = await startCassandra();
  await using stub = await startStub('cql-stub', cassandra.contactPoint.split(':')[1]!);
  await using scratch = await scratchDirectory();
  await createTables(cassandra.contactPoint, settings.shapes);
  const rows: Row[] = [];
  const targets = [
    { title: 'stub', contactPoint: stub.address, itemsOf: ITEMS },
    { title: 'Cassandra', contactPoint: cassandra.contactPoint, itemsOf: ITEMS_CASSANDRA },
  ];
  for (const { title, contactPoint, itemsOf } of targets) {
    for (const shape of settings.shapes) {
      const mapping = join(scratch.path, `${shape}.yaml`);
      await writeFile(mapping, mappingOf(shape));
      const name = `${title.toLowerCase()}-${shape}`;
      const filled = await fill(kafka.bootstrap, name, shape, itemsOf[shape] * settings.scale);
      const job = { brokers: kafka.bootstrap, partitions, shape, contactPoint, mapping };
      rows.push(...(await compare(settings, job, title, filled)));
    }
  }
  say(await writeReport(settings.results, { name: 'kafka-to-cql', title: 'Kafka → CQL', notes, rows }));
}

type JobBase = Pick<CqlWriteJob, 'brokers' | 'partitions' | 'shape' | 'contactPoint' | 'mapping'>;

async function compare(
  settings: Settings,
  base: JobBase,
  server: string,
  { name, made }: Filled,
): Promise<Row[]> {
  const bytesPerItem = made.bytes / made.items;
  const group = `Shape ${made.shape} → ${server}: ${made.items} items, ${Math.round(bytesPerItem)} bytes of JSON each`;
  say(group);
  const rows: Row[] = [];
  for (const { title, variant } of variants) {
    const runs: Measured[] = [];
    for (let repeat = 0; repeat < settings.repeats; repeat++) {
      const job: CqlWriteJob = {
        ...base,
        variant,
        name: variant === 'write-cql-messina' ? name : `usual-${name}`,
        run: `run-${repeat}`,
        items: made.items,
        bytesPerItem,
        secondsMax: USUAL_SECONDS_MAX,
      };
      runs.push(await runJob(job, settings.profileTo));
    }
    rows.push({ group, variant: title, request: 'call of 500 rows', runs });
  }
  return rows;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await kafkaToCql(readSettings(process.argv.slice(2)));
