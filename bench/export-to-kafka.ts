import { pathToFileURL } from 'node:url';
import { startKafka } from '../local/kafka.ts';
import { writeExport } from './export-files.ts';
import { runJob } from './processes.ts';
import { type Row, writeReport } from './report.ts';
import { partitions, readSettings, type Settings, say, scratchDirectory } from './settings.ts';
import type { Shape } from './shapes.ts';
import { createTopic } from './topics.ts';

const FILES = 4;
/** Items of a file: over a hundred megabytes of JSON in all. */
const ITEMS: Readonly<Record<Shape, number>> = { a: 100_000, b: 25_000, c: 2500 };
const USUAL_SECONDS_MAX = 6;

const notes = [
  'An export made by the bench (seeded), 4 data files, gzip level 6, on the local disk; a real Kafka broker on the same machine; 12 partitions.',
  'messina: the product’s source task, from manifest to complete-markers: MD5 of every file before its first row, checked items, Avro, lz4, transactions with positions.',
  'usual loop: readline, JSON.parse, kafkajs (1000, 500, 100 messages per send), JSON as key and value, no compression, no transactions, no checks. It ends after 6 s.',
  'CPU is user + system of the whole measured process, start-up and warm-up of the work included, Kafka not. Of several runs the one with the least CPU per item is shown, with the highest RSS of all.',
];

/** Export files → Kafka. */
export async function exportToKafka(settings: Settings): Promise<void> {
  await using kafka = await startKafka();
  await using scratch = await scratchDirectory();
  const rows: Row[] = [];
  for (const shape of settings.shapes) {
    const itemsPerFile = Math.max(500, 500 * Math.round((ITEMS[shape] * settings.scale) / 500));
    const distinctItems = FILES * itemsPerFile;
    const plan = { shape, files: FILES, itemsPerFile, distinctItems, level: 6 };
    const made = await writeExport(`${scratch.path}/${shape}`, plan);
    const common = { brokers: kafka.bootstrap, partitions, export: made, secondsMax: USUAL_SECONDS_MAX };
    const group = `Shape ${shape}: ${made.items} items, ${Math.round(made.bytes / made.items)} bytes of JSON each`;
    say(group);
    const messina: Row['runs'][number][] = [];
    const usual: Row['runs'][number][] = [];
    for (let run = 0; run < settings.repeats; run++) {
      const name = `${shape}-${run}`;
      messina.push(await runJob({ ...common, variant: 'publish-messina', name }, settings.profileTo));
      await createTopic(kafka.bootstrap, `usual-${name}`);
      usual.push(
        await runJob({ ...common, variant: 'publish-usual', name: `usual-${name}` }, settings.profileTo),
      );
    }
    rows.push({ group, variant: 'messina', request: 'transaction', runs: messina });
    rows.push({ group, variant: 'usual loop', request: 'send', runs: usual });
  }
  say(await writeReport(settings.results, { name: 'export-to-kafka', title: 'Export → Kafka', notes, rows }));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await exportToKafka(readSettings(process.argv.slice(2)));
