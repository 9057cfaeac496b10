import { Agent, request } from 'node:http';
import { freePorts } from '../../local/ports.ts';
import { listenAt } from './node.ts';

/** One address before several nodes. */
export interface LoadBalancer extends AsyncDisposable {
  readonly endpoint: string;
}

/** Hands each request to the next node in turn, whatever its keys are. */
export async function startLoadBalancer(endpoints: readonly string[]): Promise<LoadBalancer> {
  const [port] = await freePorts(1);
  const agent = new Agent({ keepAlive: true });
  let turn = 0;
  const listener = await listenAt('127.0.0.1', port!, async (incoming, response) => {
    const { method, headers, url } = incoming;
    const node = new URL(url ?? '/', endpoints[turn++ % endpoints.length]);
    const outgoing = request(node, { method, headers, agent }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      await listener.down();
      agent.destroy();
    },
  };
}
