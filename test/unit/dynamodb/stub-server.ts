import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { DataClient, type DataClientOptions } from '../../../dynamodb/data-client.ts';

export interface StubRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly target: string;
  readonly body: string;
  /** Counts from 0, in the order connections were made. */
  readonly connection: number;
}

export type StubHandler = (request: StubRequest, response: ServerResponse) => void;

export interface StubServer extends AsyncDisposable {
  readonly endpoint: string;
  /** In the order they came. */
  readonly requests: readonly StubRequest[];
  client(options?: Partial<DataClientOptions>): DataClient;
}

/** An HTTP server on a free loopback port that answers as told, and remembers what it was asked. */
export async function startStub(handler: StubHandler): Promise<StubServer> {
  const requests: StubRequest[] = [];
  const sockets: Socket[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const request: StubRequest = {
        method: incoming.method ?? '',
        url: incoming.url ?? '',
        headers: incoming.headers,
        target: String(incoming.headers['x-amz-target'] ?? ''),
        body: Buffer.concat(chunks).toString(),
        connection: sockets.indexOf(incoming.socket),
      };
      requests.push(request);
      handler(request, response);
    });
  });
  server.on('connection', (socket: Socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    requests,
    client: (options) => new DataClient({ endpoint, region: 'none', credentials: 'none', ...options }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': bytes.length,
  });
  response.end(bytes);
}

export function sendError(response: ServerResponse, status: number, code: string, message = ''): void {
  sendJson(response, status, { __type: `com.amazonaws.dynamodb.v20120810#${code}`, message });
}

/** Answers the n-th request with the n-th function, and all later ones with the last. */
export function inTurn(...handlers: readonly StubHandler[]): StubHandler {
  let next = 0;
  return (request, response) => {
    handlers[Math.min(next++, handlers.length - 1)]!(request, response);
  };
}
