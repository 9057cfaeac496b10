import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { Kafka, logLevel } from 'kafkajs';
import type { PublishJob } from '../jobs.ts';
import { type Measured, Meter } from '../meter.ts';
import type { JsonItem } from '../shapes.ts';

/** Messages of one send, by shape: about a megabyte, below the broker's limit for a request. */
const MESSAGES = { a: 1000, b: 500, c: 100 } as const;

/** The loop one writes first: readline, JSON.parse, kafkajs with JSON messages, one send after the other. Latency: one send. */
export async function publish(job: PublishJob): Promise<Measured> {
  const kafka = new Kafka({ brokers: [job.brokers], logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  const meter = new Meter();
  const { shape, files, items, bytes } = job.export;
  let sent = 0;
  let messages: { key: string; value: string }[] = [];
  const send = async () => {
    const sentMs = performance.now();
    await producer.send({ topic: job.name, messages });
    meter.took(performance.now() - sentMs);
    sent += messages.length;
    messages = [];
  };
  meter.begin();
  meter.first();
  for (const file of files) {
    const lines = createInterface({
      input: createReadStream(file).pipe(createGunzip()),
      crlfDelay: Number.POSITIVE_INFINITY,
    });
    for await (const line of lines) {
      const { Item } = JSON.parse(line) as { Item: JsonItem };
      messages.push({ key: JSON.stringify([Item['pk'], Item['sk']]), value: JSON.stringify(Item) });
      if (messages.length < MESSAGES[shape]) continue;
      await send();
      if (meter.wallMs > job.secondsMax * 1000) break;
    }
    if (meter.wallMs > job.secondsMax * 1000) break;
  }
  if (messages.length > 0) await send();
  return meter.end(sent, (sent / items) * bytes);
}
