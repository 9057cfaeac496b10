import { askPort } from './ask-port.ts';

/** Metadata request, version 1, of no topics (Kafka protocol guide: Metadata API). */
const metadataRequest = Buffer.from([
  ...[0, 0, 0, 21], // size of what follows
  ...[0, 3, 0, 1], // api key, version
  ...[0, 0, 0, 1], // correlation id
  ...[0, 7, ...Buffer.from('messina')], // client id
  ...[0, 0, 0, 0], // topics: none
]);

/** Whether a broker at this port lists itself, which it does once it takes requests and the controller knows it. */
export function kafkaAnswers(port: number): Promise<boolean> {
  return askPort(port, metadataRequest, (received) =>
    // size, correlation id, number of brokers
    received.length < 12 ? null : received.readInt32BE(8) > 0,
  );
}
