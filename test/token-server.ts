import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AskedFor {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the server answers: a status with JSON or text; null: never. */
export type Answer = { readonly status: number; readonly body: object | string } | null;

export interface TokenServer extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly AskedFor[];
}

/** A token endpoint on the loopback that answers as it is told. */
export async function tokenServer(answer: (asked: AskedFor) => Answer): Promise<TokenServer> {
  const asked: AskedFor[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = { headers: request.headers, body: Buffer.concat(chunks).toString() };
      asked.push(one);
      const said = answer(one);
      if (said === null) return;
      const text = typeof said.body === 'string' ? said.body : JSON.stringify(said.body);
      response.writeHead(said.status, { location: '/elsewhere' }).end(text);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/oauth/token`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
