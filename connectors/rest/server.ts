import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { PlaceholderSources } from '../config/placeholders.ts';
import type { Logger } from '../log.ts';
import type { Plugins } from '../plugins.ts';
import type { Herder } from '../worker/herder.ts';
import type { Loggers } from '../worker/loggers.ts';
import { restApp } from './app.ts';
import { configRoutes } from './config-routes.ts';
import { connectorRoutes } from './connector-routes.ts';
import type { RestContext } from './context.ts';
import { forwarder } from './forward.ts';
import { type Listener, listenerError, parseListener, type RestTls, serverOf, urlOf } from './listener.ts';
import { loggerRoutes } from './logger-routes.ts';
import { offsetRoutes } from './offset-routes.ts';
import { pluginRoutes } from './plugin-routes.ts';
import { rootRoutes } from './root-routes.ts';
import type { Route } from './route.ts';
import { taskRoutes } from './task-routes.ts';

export interface RestOptions {
  readonly herder: Herder;
  readonly plugins: Plugins;
  /** The worker's, for connectors that name none. */
  readonly valueConverter: string;
  /** `http://127.0.0.1:8083`; port 0: any free one. */
  readonly listeners: readonly string[];
  /** Every request needs it but those for `/health`; null: none does. */
  readonly token: string | null;
  /** For listeners with https. */
  readonly tls: RestTls | null;
  readonly log: Logger;
  /** As a version of Kafka, e.g. `3.9.0`: clients switch features on by it. */
  readonly version: string;
  /** Our own version. */
  readonly commit: string;
  readonly loggers: Loggers;
  /** Where validation finds what placeholders stand for; left out: of values with placeholders it says nothing. */
  readonly placeholders?: PlaceholderSources;
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Disposing it finishes the requests under way. */
export interface RestServer extends AsyncDisposable {
  /** Of each listener, with the port it got. */
  readonly urls: readonly string[];
}

/**
 * Kafka Connect's REST API over a herder, with `/metrics` besides.
 *
 * @throws ConfigError for a listener that cannot be; then nothing listens.
 */
export async function startRest(options: RestOptions): Promise<RestServer> {
  const { token, tls, log } = options;
  const listeners = options.listeners.map(parseListener);
  const peers = forwarder(tls === null ? [] : [tls.cert, ...(tls.ca === null ? [] : [tls.ca])]);
  const routes = routesOf({ ...options, forward: peers.forward });
  const apps: FastifyInstance[] = [];
  let stopped: Promise<void> | null = null;
  const stop = () => (stopped ??= stopAll(apps, peers));
  try {
    const urls: string[] = [];
    for (const listener of listeners) {
      const app = restApp({ routes, token, log, server: serverOf(listener, tls) });
      apps.push(app);
      urls.push(await listen(app, listener));
    }
    return { urls, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const routesOf = (context: RestContext): readonly Route[] => [
  ...rootRoutes(context),
  ...connectorRoutes(context),
  ...configRoutes(context),
  ...taskRoutes(context),
  ...offsetRoutes(context),
  ...pluginRoutes(context),
  ...loggerRoutes(context),
];

async function stopAll(apps: readonly FastifyInstance[], peers: AsyncDisposable): Promise<void> {
  await Promise.all(apps.map((app) => app.close()));
  // After them: a request under way may be one that was sent on.
  await peers[Symbol.asyncDispose]();
}

async function listen(app: FastifyInstance, listener: Listener): Promise<string> {
  const { host, port } = listener;
  await app.listen({ host, port }).catch((error: unknown) => {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw listenerError(
      `cannot listen at ${listener.text} (${reason})`,
      'Stop what listens there, or give another address or port.',
    );
  });
  return urlOf(listener, (app.server.address() as AddressInfo).port);
}
