import { rootCertificates } from 'node:tls';
import { Agent } from 'undici';
import { simpleName } from '../plugins.ts';
import { type Peer, RequestError } from '../worker/herder.ts';
import type { Answer, Call } from './route.ts';

/** Sends a request on to the first of some workers that can be reached, and hands its answer through. */
export type ForwardRequest = (peers: readonly Peer[], call: Call) => Promise<Answer>;

export interface Forwarder extends AsyncDisposable {
  readonly forward: ForwardRequest;
}

/** As long as Kafka Connect waits for a worker (ConnectorsResource.REQUEST_TIMEOUT_MS). */
const forwardTimeoutMs = 90_000;

/** A request that another worker sent on has `forward=false`: it goes no further (Kafka Connect's parameter). */
const mayForward = (call: Call): boolean => call.query.get('forward') !== 'false';

/** The peers that can run a class; none for a request that goes no further. */
export async function peersWith(
  className: string,
  call: Call,
  peers: () => Promise<readonly Peer[]>,
): Promise<readonly Peer[]> {
  if (!mayForward(call)) return [];
  const wanted = simpleName(className);
  return (await peers()).filter(({ classes }) =>
    Object.keys(classes).some((name) => simpleName(name) === wanted),
  );
}

/** @param certificates PEM: what peers with https show, beside what is trusted anyway. */
export function forwarder(certificates: readonly string[]): Forwarder {
  const trust = certificates.length === 0 ? {} : { connect: { ca: [...rootCertificates, ...certificates] } };
  const agent = new Agent({ ...trust, headersTimeout: forwardTimeoutMs, bodyTimeout: forwardTimeoutMs });
  return {
    forward: (peers, call) => forwarded(agent, peers, call),
    [Symbol.asyncDispose]: () => agent.close(),
  };
}

async function forwarded(agent: Agent, peers: readonly Peer[], call: Call): Promise<Answer> {
  let failure: unknown = null;
  for (const peer of peers) {
    try {
      return await ask(agent, peer, call);
    } catch (error) {
      failure = unreachable(peer, error);
      // Whoever took the request may have done what it asks for.
      if (!isNotConnected(error)) throw failure;
    }
  }
  throw failure;
}

async function ask(agent: Agent, peer: Peer, call: Call): Promise<Answer> {
  const query = new URLSearchParams(call.query);
  query.set('forward', 'false');
  const answer = await agent.request({
    origin: new URL(peer.url).origin,
    path: `${call.path}?${query}`,
    method: call.method,
    headers: {
      accept: 'application/json',
      ...(call.text === '' ? {} : { 'content-type': 'application/json' }),
      ...(call.authorization === null ? {} : { authorization: call.authorization }),
    },
    body: call.text === '' ? null : call.text,
  });
  const text = await answer.body.text();
  const location = locationHere(answer.headers['location'], call);
  return {
    status: answer.statusCode,
    ...(text === '' ? {} : { text: { contentType: 'application/json', text } }),
    ...(location === null ? {} : { location }),
  };
}

function unreachable({ workerId, url }: Peer, error: unknown): RequestError {
  const reason = error instanceof Error ? error.message : String(error);
  const message = `IO Error trying to forward REST request: worker ${workerId} at ${url}: ${reason}`;
  return new RequestError(500, message, { cause: error });
}

/** It came to no connection, or not soon enough: nobody can have taken the request. */
function isNotConnected(error: unknown): boolean {
  // Of a name with several addresses Node tells what became of each.
  if (error instanceof AggregateError) return error.errors.every(isNotConnected);
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code === 'UND_ERR_CONNECT_TIMEOUT' || syscall === 'connect' || syscall === 'getaddrinfo';
}

/** A place at the peer, as the client reaches it: through us. */
function locationHere(location: string | string[] | undefined, call: Call): string | null {
  if (typeof location !== 'string') return null;
  return `${call.origin ?? ''}${new URL(location, 'http://peer').pathname}`;
}
