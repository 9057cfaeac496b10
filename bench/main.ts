import { exportToKafka } from './export-to-kafka.ts';
import { ion } from './ion.ts';
import { kafkaToAlternator } from './kafka-to-alternator.ts';
import { kafkaToCql } from './kafka-to-cql.ts';
import { memory } from './memory.ts';
import { readSettings } from './settings.ts';

/** `npm run bench`: all benches, or those named before the options. */

const benches = {
  'export-to-kafka': exportToKafka,
  ion,
  'kafka-to-alternator': kafkaToAlternator,
  'kafka-to-cql': kafkaToCql,
  memory,
};

const args = process.argv.slice(2);
const named = args.filter((arg): arg is keyof typeof benches => Object.hasOwn(benches, arg));
const settings = readSettings(args.filter((arg) => !Object.hasOwn(benches, arg)));
const chosen = named.length > 0 ? named : (Object.keys(benches) as (keyof typeof benches)[]);
for (const name of chosen) await benches[name](settings);
