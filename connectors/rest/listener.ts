import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { ConfigError } from '../config/errors.ts';

/** PEM texts. */
export interface RestTls {
  readonly cert: string;
  readonly key: string;
  /** Who else is trusted, when a request goes on to another worker. */
  readonly ca: string | null;
}

export interface Listener {
  /** As it was written. */
  readonly text: string;
  readonly isTls: boolean;
  /** Without brackets; no host means all addresses. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** Reads `http://127.0.0.1:8083`, `https://:8443` (all addresses), `http://[::1]:0`. */
export function parseListener(text: string): Listener {
  const parts = /^(https?):\/\/(?:\[([^\]]+)\]|([^:/[\]]*)):(\d{1,5})\/?$/i.exec(text.trim());
  const port = Number(parts?.[4]);
  if (parts === null || port > 65_535) {
    throw listenerError(`${text} is not an address to listen at`, 'Write it as http://127.0.0.1:8083.');
  }
  const host = parts[2] ?? parts[3] ?? '';
  return { text, isTls: parts[1]!.toLowerCase() === 'https', host: host === '' ? '0.0.0.0' : host, port };
}

/** @throws ConfigError for https without a certificate, or with one that is none. */
export function serverOf(listener: Listener, tls: RestTls | null): Server {
  if (!listener.isTls) return createServer();
  if (tls === null) {
    throw listenerError(
      `${listener.text} needs a certificate and its key`,
      'Give both as PEM (docs/worker-configuration.md), or listen with http.',
    );
  }
  try {
    return createTlsServer({ cert: tls.cert, key: tls.key });
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw listenerError(
      `${listener.text}: the certificate or its key cannot be used (${reason})`,
      'Give both as PEM texts that belong together.',
    );
  }
}

export function listenerError(message: string, remedy: string): ConfigError {
  return new ConfigError('The worker configuration', [
    { line: 0, column: 0, key: 'listeners', message, remedy },
  ]);
}

export function urlOf({ isTls, host }: Listener, port: number): string {
  return `${isTls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
