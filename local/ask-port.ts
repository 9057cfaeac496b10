import { connect } from 'node:net';

/** An answer is too slow after so long, ms. */
const PATIENCE_MS = 1_000;

/**
 * Sends a request to a port of this machine, and says what its answer means; false when there is none.
 *
 * @param judge is given all bytes that have come so far; null: more must come. `send` goes on with the conversation, whose
 * next answer is judged from its own first byte.
 */
export function askPort(
  port: number,
  request: Buffer,
  judge: (received: Buffer, send: (next: Buffer) => void) => boolean | null,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    let received = Buffer.alloc(0);
    const end = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    const send = (next: Buffer) => {
      received = Buffer.alloc(0);
      socket.write(next);
    };
    socket.setTimeout(PATIENCE_MS, () => end(false));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.on('connect', () => send(request));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const verdict = judge(received, send);
      if (verdict !== null) end(verdict);
    });
  });
}
