import { connect } from 'node:net';
import { type Frame, frameBytes, frameReader, opcodes } from './frames.ts';
import { short, string } from './wire.ts';

const startup: Frame = {
  version: 4,
  flags: 0,
  stream: 0,
  opcode: opcodes.startup,
  body: Buffer.concat([short(1), string('CQL_VERSION'), string('3.0.0')]),
};

/**
 * Executes one request over a connection of its own: the client's may be gone, or have used the stream again.
 *
 * Prepared statements belong to the node, not to a connection. Resolves when it is answered.
 */
export async function executeAside(port: number, frame: Frame): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    let answers = 0;
    const read = frameReader(() => {
      if (++answers === 1) socket.write(frameBytes({ ...frame, stream: 1 }));
      else socket.end(resolve);
    });
    socket.on('data', read);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('Cassandra closed the connection')));
    socket.on('connect', () => socket.write(frameBytes(startup)));
  });
}
