import { pathToFileURL } from 'node:url';
import { runJob } from './processes.ts';
import { type Row, writeReport } from './report.ts';
import { readSettings, type Settings, say } from './settings.ts';

const SECONDS = 3;
const variants = [
  ['messina, Ion', 'read-ion-messina'],
  ['ion-js, Ion', 'read-ion-js'],
  ['messina, DynamoDB JSON', 'read-json'],
] as const;

const notes = [
  'Lines of a full export (seeded, as DynamoDB writes them), 8 MiB as DynamoDB JSON, already decompressed and in memory, over and over for 3 s; no Kafka. MB are of DynamoDB JSON in all rows.',
  'messina: from a line to the Avro bytes and the record key, checked (38 digits, base64, names and set elements that come twice, UTF-8, nesting). Ion is transcoded to DynamoDB JSON first.',
  'ion-js 5.2.1: `load` of the line to its own objects; no attribute values, no key, no checks of DynamoDB’s rules come out of it, so the whole way would cost it more.',
  'CPU is user + system of the whole measured process, start-up not; items/s also tell what else the machine was doing. Of several runs the one with the least CPU per item is shown.',
];

/** Lines of an Ion export → records, beside Amazon's own library and beside DynamoDB JSON. */
export async function ion(settings: Settings): Promise<void> {
  const rows: Row[] = [];
  for (const shape of settings.shapes) {
    const group = `Shape ${shape}`;
    say(group);
    for (const [name, variant] of variants) {
      const runs: Row['runs'][number][] = [];
      for (let run = 0; run < settings.repeats; run++) {
        const job = { variant, shape, seconds: SECONDS * settings.scale };
        runs.push(await runJob(job, settings.profileTo));
      }
      rows.push({ group, variant: name, request: 'line', runs });
    }
  }
  say(await writeReport(settings.results, { name: 'ion', title: 'Lines of an Ion export', notes, rows }));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await ion(readSettings(process.argv.slice(2)));
