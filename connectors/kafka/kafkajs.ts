import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { KafkaError } from './errors.ts';
import { type BearerLogin, oauthBearer } from './sasl/oauth-bearer.ts';

/**
 * The one place that touches kafkajs, and its private modules: connections with TLS and SASL, and the encoding of the
 * control requests. They are private, so any other version than the one this was written for is refused.
 */
const VERSION = '2.2.4';

/** SASL as kafkajs spells it; an OAuth token is asked for at every connection, so it may be renewed outside. */
export type SaslOptions =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | ({ readonly mechanism: 'oauthbearer' } & BearerLogin);

/** What every connection of a client has in common. */
export interface ConnectionSettings {
  readonly clientId: string;
  readonly ssl: ConnectionOptions | null;
  readonly sasl: SaslOptions | null;
  readonly connectionTimeoutMs: number;
  /** kafkajs's own log lines, ERROR ones too: every retry is one, so they are worth debug at most. */
  readonly debug: (message: string) => void;
}

/** Highest version of each API that a broker speaks, by API key. */
export type ApiVersions = Readonly<
  Record<number, { readonly minVersion: number; readonly maxVersion: number }>
>;

/** One request in wire form: which API, and the body's bytes. */
export interface WireCall {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  readonly body: readonly Buffer[];
}

/** An authenticated socket, out of kafkajs's hands: nothing of it listens there any more. */
export interface OpenSocket {
  readonly socket: Socket;
  readonly versions: ApiVersions;
  /** After this long the broker wants to see the credentials again (KIP-368); 0 means never. */
  readonly sessionLifetimeMs: number;
}

interface Logger {
  readonly namespace: () => Logger;
  readonly info: (message: string) => void;
  readonly error: (message: string) => void;
  readonly warn: (message: string) => void;
  readonly debug: (message: string) => void;
}

interface Encoded {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  readonly encode: () => Promise<{ readonly buffer: Buffer }>;
}

interface Exchange {
  readonly request: Encoded;
  readonly response: { readonly decode: (payload: Buffer) => Promise<unknown> };
}

interface Definition {
  readonly versions: readonly string[];
  readonly protocol: (options: { version: number }) => (args: object) => Exchange;
}

interface Connection {
  socket?: Socket;
  readonly sessionLifetime: { toNumber(): number };
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  authenticate(): Promise<void>;
  send(exchange: Exchange): Promise<unknown>;
  setVersions(versions: ApiVersions): void;
  setSupportAuthenticationProtocol(supported: boolean): void;
  rejectRequests(error: Error): void;
}

interface PrivateModules {
  readonly Connection: new (options: object) => Connection;
  readonly requests: Readonly<Record<string, Definition>>;
  readonly socketFactory: () => unknown;
}

const API_SASL_AUTHENTICATE = 36;

let loaded: PrivateModules | undefined;

function modules(): PrivateModules {
  if (loaded) return loaded;
  const require = createRequire(import.meta.url);
  const found = (require('kafkajs/package.json') as { version: string }).version;
  if (found !== VERSION) {
    throw new KafkaError(
      'KAFKAJS_VERSION',
      `kafkajs ${VERSION} is needed exactly, because private modules are used; found ${found}`,
    );
  }
  loaded = {
    Connection: require('kafkajs/src/network/connection.js') as PrivateModules['Connection'],
    requests: (require('kafkajs/src/protocol/requests/index.js') as { requests: PrivateModules['requests'] })
      .requests,
    socketFactory: require('kafkajs/src/network/socketFactory.js') as () => unknown,
  };
  return loaded;
}

function definitionOf(apiName: string): Definition {
  const definition = modules().requests[apiName];
  if (!definition) throw new KafkaError('KAFKAJS_VERSION', `kafkajs does not know the request ${apiName}`);
  return definition;
}

/**
 * Connects, asks for the API versions, authenticates, and takes the socket out of kafkajs's hands.
 *
 * kafkajs keeps half-read bytes over a reconnect, waits for every answer before it closes, and rounds request timeouts
 * up to its default; so it never sees a request of ours, and a lost connection is replaced, not revived.
 */
export async function openSocket(
  settings: ConnectionSettings,
  host: string,
  port: number,
): Promise<OpenSocket> {
  const { Connection, socketFactory } = modules();
  const connection = new Connection({
    host,
    port,
    clientId: settings.clientId,
    ssl: settings.ssl,
    sasl: forKafkajs(settings.sasl),
    connectionTimeout: settings.connectionTimeoutMs,
    requestTimeout: settings.connectionTimeoutMs,
    enforceRequestTimeout: true,
    socketFactory: socketFactory(),
    logger: quietLogger(settings.debug),
  });
  try {
    await connection.connect();
    const versions = await apiVersions(connection);
    connection.setVersions(versions);
    connection.setSupportAuthenticationProtocol(versions[API_SASL_AUTHENTICATE] !== undefined);
    await connection.authenticate();
    return release(connection, versions);
  } catch (error) {
    connection.rejectRequests(error instanceof Error ? error : new Error(String(error)));
    connection.socket?.destroy();
    await connection.disconnect();
    throw error;
  }
}

/** A copy, because kafkajs writes into it. */
function forKafkajs(sasl: SaslOptions | null): object | null {
  if (sasl?.mechanism !== 'oauthbearer') return sasl === null ? null : { ...sasl };
  return { ...sasl, authenticationProvider: oauthBearer(sasl) };
}

async function apiVersions(connection: Connection): Promise<ApiVersions> {
  const answer = (await connection.send(definitionOf('ApiVersions').protocol({ version: 2 })({}))) as {
    apiVersions: { apiKey: number; minVersion: number; maxVersion: number }[];
  };
  return Object.fromEntries(answer.apiVersions.map((api) => [api.apiKey, api]));
}

/** Takes the socket from a connection and stops kafkajs's request timer by telling it that it is disconnected. */
function release(connection: Connection, versions: ApiVersions): OpenSocket {
  const socket = connection.socket;
  if (!socket || socket.destroyed) throw new KafkaError('CONNECTION_LOST', 'closed while connecting');
  socket.removeAllListeners('data');
  socket.removeAllListeners('end');
  socket.removeAllListeners('error');
  socket.removeAllListeners('timeout');
  delete connection.socket;
  void connection.disconnect();
  return { socket, versions, sessionLifetimeMs: connection.sessionLifetime.toNumber() };
}

function quietLogger(debug: (message: string) => void): Logger {
  const logger: Logger = { namespace: () => logger, info: debug, error: debug, warn: debug, debug: () => {} };
  return logger;
}

/** A control request encoded by kafkajs in the newest version that it and the broker know. */
export async function encodeControl(
  apiName: string,
  args: object,
  versions: ApiVersions,
): Promise<{ call: WireCall; decode: (payload: Buffer) => Promise<unknown> }> {
  const definition = definitionOf(apiName);
  const newest = Math.max(...definition.versions.map(Number));
  const probe = definition.protocol({ version: newest })(args).request;
  const spoken = versions[probe.apiKey];
  if (!spoken) throw new KafkaError('UNSUPPORTED_VERSION', `the broker does not know the request ${apiName}`);
  const version = Math.min(newest, spoken.maxVersion);
  if (version < spoken.minVersion) {
    throw new KafkaError(
      'UNSUPPORTED_VERSION',
      `the broker wants ${apiName} in version ${spoken.minVersion} or later`,
    );
  }
  const { request, response } = definition.protocol({ version })(args);
  const body = (await request.encode()).buffer;
  const { apiKey, apiVersion } = request;
  return {
    call: { apiKey, apiVersion, apiName, body: [body] },
    decode: (payload) => response.decode(payload),
  };
}
