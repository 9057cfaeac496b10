import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Answer } from './answers.ts';

/** An address that can be taken down and brought back. */
export interface Listener {
  /** Closes the port and every connection: new ones are refused. */
  down(): Promise<void>;
  up(): Promise<void>;
  readonly isUp: boolean;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export async function listenAt(address: string, port: number, handler: Handler): Promise<Listener> {
  let server: Server | undefined;
  const up = async () => {
    if (server !== undefined) return;
    const starting = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (request, response) => {
      // A client that went away in the middle of its request is no concern of ours.
      handler(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      starting.once('error', reject);
      starting.listen(port, address, resolve);
    });
    server = starting;
  };
  const down = async () => {
    const stopping = server;
    if (stopping === undefined) return;
    server = undefined;
    const closed = new Promise((resolve) => stopping.close(resolve));
    stopping.closeAllConnections();
    await closed;
  };
  await up();
  return {
    up,
    down,
    get isUp() {
      return server !== undefined;
    },
  };
}

/** Sends an answer, unless the connection is gone. */
export function sendAnswer(response: ServerResponse, answer: Answer): void {
  const body = Buffer.from(JSON.stringify(answer.body));
  response.writeHead(answer.status, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': body.length,
  });
  response.end(body);
}
