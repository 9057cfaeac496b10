import { connect, createServer, type Socket } from 'node:net';

/**
 * A process of its own between a client and a Cassandra (its port is the argument): it answers every prepared INSERT at once
 * and keeps nothing; all else is Cassandra's. So the server is no limit, and yet all the client is told of tables is true.
 * Prints its port.
 */

const upstreamPort = Number(process.argv[2]);

/** Frames of the native protocol v4: version, flags, stream (int16), opcode, length (int32), body. */
const HEADER_BYTES = 9;
const OPCODE = { result: 0x08, prepare: 0x09, execute: 0x0a } as const;
const PREPARED = 4;
/** A RESULT of kind Void. */
const voidAnswer = Buffer.from([0x84, 0, 0, 0, OPCODE.result, 0, 0, 0, 4, 0, 0, 0, 1]);

/** Cuts what comes into frames. */
function framesOf(onFrame: (frame: Buffer) => void, onEnd: () => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const end = at + HEADER_BYTES + bytes.readInt32BE(at + 5);
      if (end > bytes.length) break;
      onFrame(bytes.subarray(at, end));
      at = end;
    }
    rest = bytes.subarray(at);
    onEnd();
  };
}

const insertIds = new Set<string>();

function serve(client: Socket): void {
  const upstream = connect(upstreamPort, '127.0.0.1');
  const preparing = new Set<number>();
  let answers: Buffer[] = [];
  const asked = framesOf(
    (frame) => {
      const opcode = frame[4];
      const stream = frame.readInt16BE(2);
      if (opcode === OPCODE.execute && insertIds.has(idAt(frame, HEADER_BYTES))) {
        const answer = Buffer.from(voidAnswer);
        answer.writeInt16BE(stream, 2);
        answers.push(answer);
        return;
      }
      if (
        opcode === OPCODE.prepare &&
        frame.toString('latin1', HEADER_BYTES + 4, HEADER_BYTES + 10) === 'INSERT'
      )
        preparing.add(stream);
      upstream.write(frame);
    },
    () => {
      if (answers.length > 0) client.write(Buffer.concat(answers));
      answers = [];
    },
  );
  const answered = framesOf(
    (frame) => {
      const isPrepared = frame[4] === OPCODE.result && frame.readInt32BE(HEADER_BYTES) === PREPARED;
      if (preparing.delete(frame.readInt16BE(2)) && isPrepared) insertIds.add(idAt(frame, HEADER_BYTES + 4));
      client.write(frame);
    },
    () => {},
  );
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => other.destroy());
  }
  client.on('data', asked);
  upstream.on('data', answered);
}

/** A prepared statement's id: short bytes. */
function idAt(frame: Buffer, at: number): string {
  return frame.toString('latin1', at + 2, at + 2 + frame.readUInt16BE(at));
}

const server = createServer(serve);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.stdout.write(`${address?.port}\n`);
});
// Whoever started it holds the other end.
process.stdin.resume().on('end', () => process.exit(0));
