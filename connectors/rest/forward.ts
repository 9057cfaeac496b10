import { rootCertificates } from 'node:tls';
import { Agent, type Dispatcher } from 'undici';
import { type Peer, RequestError } from '../worker/herder.ts';
import { simpleName } from '../worker/plugins.ts';
import type { Answer, Call } from './route.ts';

/** Sends a request on to another worker and hands its answer through. */
export type ForwardRequest = (peer: Peer, call: Call) => Promise<Answer>;

export interface Forwarder extends AsyncDisposable {
  readonly forward: ForwardRequest;
}

/** As long as Kafka Connect waits for a worker (ConnectorsResource.REQUEST_TIMEOUT_MS). */
const forwardTimeoutMs = 90_000;

/** A request that another worker sent on has `forward=false`: it goes no further (Kafka Connect's parameter). */
export const mayForward = (call: Call): boolean => call.query.get('forward') !== 'false';

/** The peer that can run a class; null: none can. */
export async function peerWith(
  className: string,
  peers: () => Promise<readonly Peer[]>,
): Promise<Peer | null> {
  const wanted = simpleName(className);
  const has = ({ classes }: Peer) => Object.keys(classes).some((name) => simpleName(name) === wanted);
  return (await peers()).find(has) ?? null;
}

/** @param certificates PEM: what peers with https show, beside what is trusted anyway. */
export function forwarder(certificates: readonly string[]): Forwarder {
  const trust = certificates.length === 0 ? {} : { connect: { ca: [...rootCertificates, ...certificates] } };
  const agent = new Agent({ ...trust, headersTimeout: forwardTimeoutMs, bodyTimeout: forwardTimeoutMs });
  return {
    forward: (peer, call) => forwarded(agent, peer, call),
    [Symbol.asyncDispose]: () => agent.close(),
  };
}

async function forwarded(agent: Agent, peer: Peer, call: Call): Promise<Answer> {
  const query = new URLSearchParams(call.query);
  query.set('forward', 'false');
  const options: Dispatcher.RequestOptions = {
    origin: new URL(peer.url).origin,
    path: `${call.path}?${query}`,
    method: call.method,
    headers: {
      accept: 'application/json',
      ...(call.text === '' ? {} : { 'content-type': 'application/json' }),
      ...(call.authorization === null ? {} : { authorization: call.authorization }),
    },
    body: call.text === '' ? null : call.text,
  };
  const answer = await agent.request(options).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `IO Error trying to forward REST request: worker ${peer.workerId} at ${peer.url}: ${reason}`;
    throw new RequestError(500, message, { cause: error });
  });
  const text = await answer.body.text();
  const location = locationHere(answer.headers['location'], call);
  return {
    status: answer.statusCode,
    ...(text === '' ? {} : { text: { contentType: 'application/json', text } }),
    ...(location === null ? {} : { location }),
  };
}

/** A place at the peer, as the client reaches it: through us. */
function locationHere(location: string | string[] | undefined, call: Call): string | null {
  if (typeof location !== 'string') return null;
  return `${call.origin ?? ''}${new URL(location, 'http://peer').pathname}`;
}
