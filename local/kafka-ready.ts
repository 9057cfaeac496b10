import { connect } from 'node:net';

/** Metadata request, version 1, of no topics (Kafka protocol guide: Metadata API). */
const metadataRequest = Buffer.from([
  ...[0, 0, 0, 21], // size of what follows
  ...[0, 3, 0, 1], // api key, version
  ...[0, 0, 0, 1], // correlation id
  ...[0, 7, ...Buffer.from('messina')], // client id
  ...[0, 0, 0, 0], // topics: none
]);

/** Whether a broker at this port lists itself, which it does once it takes requests and the controller knows it. */
export async function kafkaAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    let answer = Buffer.alloc(0);
    const end = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.on('connect', () => socket.write(metadataRequest));
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      // size, correlation id, number of brokers
      if (answer.length >= 12) end(answer.readInt32BE(8) > 0);
    });
  });
}
