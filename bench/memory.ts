import { rm } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { startKafka } from '../local/kafka.ts';
import { writeExport } from './export-files.ts';
import { runJob, startStub } from './processes.ts';
import { type Row, writeReport } from './report.ts';
import { partitions, readSettings, type Settings, say, scratchDirectory } from './settings.ts';

/** What a worker may use, whatever the size of an export (bytes). */
const RSS_BYTES_MAX = 512 << 20;
/** 1 KB items, about 2 GB of JSON. */
const ITEMS = 1_520_000;
/** Rows repeat after so many: a hundred megabytes, further apart than any buffer is long. */
const DISTINCT_ITEMS = 95_000;

const notes = [
  'An export of 2 GB of JSON (1 KB items, every 95 000 they repeat; gzip level 1), as one data file and as forty, on the local disk; a real Kafka broker; 12 partitions.',
  'source: the product’s source task in a process of its own. sink: its sink task with the whole topic before it, into a stub that answers at once. source + sink: what `messina migrate` runs, one task of each in one process.',
  'Peak RSS is VmHWM of the process at its end: Node itself, all code, heap, buffers, thread pool. Node’s defaults, no heap limit set.',
  'Not measured here: changes from streams, several tables at once, items near 400 KB, a target that is slow for hours.',
];

/** Peak memory of publishing a large export. Fails when it is more than a worker may use. */
export async function memory(settings: Settings): Promise<void> {
  await using kafka = await startKafka();
  await using stub = await startStub('alternator-stub');
  const rows: Row[] = [];
  for (const files of [1, 40]) {
    await using scratch = await scratchDirectory();
    const itemsPerFile = Math.max(500, 500 * Math.round((ITEMS * settings.scale) / files / 500));
    const plan = { shape: 'b', files, itemsPerFile, distinctItems: DISTINCT_ITEMS, level: 1 } as const;
    const made = await writeExport(scratch.path, plan);
    const title = files === 1 ? 'one file' : `${files} files`;
    const group = `${title}: ${(made.bytes / 1e9).toFixed(2)} GB of JSON, ${made.items} items`;
    say(group);
    const common = { brokers: kafka.bootstrap, partitions, export: made, secondsMax: 600 };
    const source = await runJob(
      { ...common, variant: 'publish-messina', name: `source-${files}` },
      settings.profileTo,
    );
    const both = await runJob(
      { ...common, variant: 'migrate-messina', name: `both-${files}`, endpoint: `http://${stub.address}` },
      settings.profileTo,
    );
    const sink = await runJob(
      {
        variant: 'write-messina',
        brokers: kafka.bootstrap,
        partitions,
        shape: made.shape,
        name: `source-${files}`,
        run: 'behind',
        endpoint: `http://${stub.address}`,
        items: made.items,
        bytesPerItem: made.bytes / made.items,
        batchItems: null,
        secondsMax: 600,
      },
      settings.profileTo,
    );
    rows.push({ group, variant: 'source', request: 'transaction', runs: [source] });
    rows.push({ group, variant: 'sink', request: 'request', runs: [sink] });
    rows.push({ group, variant: 'source + sink', request: 'request', runs: [both] });
    await rm(scratch.path, { recursive: true, force: true });
  }
  say(await writeReport(settings.results, { name: 'memory', title: 'Memory of a 2 GB export', notes, rows }));
  const peak = Math.max(...rows.flatMap(({ runs }) => runs.map(({ peakRssBytes }) => peakRssBytes)));
  if (peak > RSS_BYTES_MAX)
    throw new Error(`peak RSS is ${peak >> 20} MiB, a worker may use ${RSS_BYTES_MAX >> 20} MiB`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await memory(readSettings(process.argv.slice(2)));
