import { askPort } from './ask-port.ts';

/** Of responses (CQL binary protocol v4, 2.4). */
const ready = 0x02;
const authenticate = 0x03;
const authSuccess = 0x10;

const startup = request(0x01, map({ CQL_VERSION: '3.0.0' }));
/** SASL PLAIN, for the user that a new node makes. */
const login = request(0x0f, long(Buffer.from('\0cassandra\0cassandra')));

/**
 * Whether a node lets clients in at this port: at once, or by the password of the first user.
 *
 * The port opens a moment before that user is there.
 */
export function cassandraAnswers(port: number): Promise<boolean> {
  return askPort(port, startup, (received, send) => {
    if (received.length < 9 || received.length < 9 + received.readInt32BE(5)) return null;
    const operation = received[4];
    if (operation !== authenticate) return operation === ready || operation === authSuccess;
    send(login);
    return null;
  });
}

/** A request frame of protocol version 4. */
function request(operation: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([4, 0, 0, 0, operation]), long(body)]);
}

function long(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function short(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

function map(entries: Readonly<Record<string, string>>): Buffer {
  const texts = Object.entries(entries).flat().map(short);
  return Buffer.concat([Buffer.from([0, texts.length / 2]), ...texts]);
}
