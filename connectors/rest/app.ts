import type { Server } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from '../log.ts';
import { isAuthorized } from './auth.ts';
import { type Refusal, refusal, refusalOf } from './errors.ts';
import type { Answer, Call, Method, Route } from './route.ts';

/** Kafka takes records of 1 MiB: a longer configuration could not be stored. */
export const bodyBytesMax = 1 << 20;

const methods: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

export interface RestAppOptions {
  readonly routes: readonly Route[];
  readonly token: string | null;
  readonly log: Logger;
  readonly server: Server;
}

/** Puts routes on a server: what every answer has in common, errors above all. */
export function restApp({ routes, token, log, server }: RestAppOptions): FastifyInstance {
  const app = Fastify({
    serverFactory: (handler) => server.on('request', handler),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 4096 },
    bodyLimit: bodyBytesMax,
    // What is under way when we close is finished, also what comes by a connection that lives on.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    frameworkErrors: (_error, _request, reply) => void refuse(reply, refusal(400)),
    clientErrorHandler: (_error, socket) => {
      if (socket.writable) socket.end(badRequest);
      else socket.destroy();
    },
  });
  readBodies(app);
  const isOpen = (request: FastifyRequest) => request.routeOptions.config.isOpen === true;
  app.addHook('onRequest', async (request, reply) => {
    if (token === null || isOpen(request) || isAuthorized(request.headers.authorization, token)) return;
    await refuse(reply.header('WWW-Authenticate', 'Bearer'), refusal(401));
  });
  app.setNotFoundHandler((_request, reply) => refuse(reply, refusal(404)));
  app.setErrorHandler((error, request, reply) => {
    const refused = refusalOf(error, bodyBytesMax);
    const place = { method: request.method, path: request.routeOptions.url };
    if (refused.isUnexpected) log.error({ ...place, err: error }, 'A REST request failed');
    return refuse(reply, refused);
  });
  app.addHook('onResponse', async (request, reply) => {
    // The route, not what came: a query may hold anything.
    const { url: path } = request.routeOptions;
    log.debug({ method: request.method, path, status: reply.statusCode, ms: reply.elapsedTime }, 'REST');
  });
  for (const path of new Set(routes.map((route) => route.path))) {
    addPath(
      app,
      path,
      routes.filter((route) => route.path === path),
    );
  }
  return app;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    isOpen?: boolean;
  }
}

/** JSON, as text, read by who needs it; nothing else may come where something comes. */
function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') done(null, '');
    else done(Object.assign(new Error('Not JSON'), { statusCode: 415 }));
  });
}

function addPath(app: FastifyInstance, url: string, routes: readonly Route[]): void {
  for (const route of routes) {
    app.route({
      method: route.method,
      url,
      config: { isOpen: route.isOpen === true },
      onRequest: async (request, reply) => {
        if (route.isText !== true && !takesJson(request.headers.accept)) await refuse(reply, refusal(406));
      },
      handler: async (request, reply) => send(reply, await route.answer(callOf(request, route.method))),
    });
  }
  const allowed: string[] = routes.map(({ method }) => method);
  if (allowed.includes('GET')) allowed.unshift('HEAD');
  allowed.push('OPTIONS');
  const others = [...methods, 'HEAD', 'TRACE'].filter((method) => !allowed.includes(method));
  const allow = allowed.join(', ');
  // Before any body is read: whatever it is, the method is the fault.
  const notAllowed = async (_request: FastifyRequest, reply: FastifyReply) =>
    refuse(reply.header('Allow', allow), refusal(405));
  app.route({ method: others, url, onRequest: notAllowed, handler: notAllowed });
  app.route({
    method: 'OPTIONS',
    url,
    handler: (_request, reply) => reply.header('Allow', allow).type('text/plain').send(allow),
  });
}

/** An Accept header that JSON would not do for: Kafka Connect answers 406. An empty one asks for nothing. */
const takesJson = (accept: string | undefined): boolean =>
  accept === undefined ||
  accept.trim() === '' ||
  accept.split(',').some((part) => /^\s*(\*\/\*|\*|application\/(\*|json))\s*(;|$)/i.test(part));

function callOf(request: FastifyRequest, method: Method): Call {
  const [path = '', query = ''] = request.url.split(/\?(.*)/s);
  const { authorization, host } = request.headers;
  return {
    method,
    params: request.params as Record<string, string>,
    path,
    query: new URLSearchParams(query),
    text: typeof request.body === 'string' ? request.body : '',
    authorization: authorization ?? null,
    origin: host === undefined ? null : `${request.protocol}://${host}`,
  };
}

function send(reply: FastifyReply, { status, body, text, location }: Answer): FastifyReply {
  reply.code(status);
  if (location !== undefined) reply.header('Location', location);
  if (text === undefined && body === undefined) return reply.send();
  const sent = text ?? { contentType: 'application/json', text: JSON.stringify(body) };
  // Bytes: to a text Fastify would add a charset, which JSON has none of.
  return reply.header('content-type', sent.contentType).send(Buffer.from(sent.text));
}

const refuse = (reply: FastifyReply, { status, body }: Refusal): FastifyReply =>
  send(reply, { status, body });

const badRequestBody = JSON.stringify(refusal(400).body);
/** To what is no HTTP. */
const badRequest = [
  'HTTP/1.1 400 Bad Request',
  'Content-Type: application/json',
  `Content-Length: ${badRequestBody.length}`,
  'Connection: close',
  '',
  badRequestBody,
].join('\r\n');
