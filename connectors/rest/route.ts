/** What the REST API answers to what, told without a server: `server.ts` puts it on one. */

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Call {
  readonly method: Method;
  /** Decoded; `*` is what a trailing wildcard stands for. */
  readonly params: Readonly<Record<string, string>>;
  /** As it came, percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The body, JSON or empty; never logged. */
  readonly text: string;
  /** The header, to be handed on with a forwarded request. */
  readonly authorization: string | null;
  /** Where the client found us, e.g. `http://127.0.0.1:8083`; null: it did not say. */
  readonly origin: string | null;
}

export interface Answer {
  readonly status: number;
  /** Sent as JSON; left out: no body. */
  readonly body?: unknown;
  /** Sent as it is, in place of a body. */
  readonly text?: { readonly contentType: string; readonly text: string };
  readonly location?: string;
}

export interface Route {
  readonly method: Method;
  /** `/connectors/:connector/tasks/:task/status` */
  readonly path: string;
  answer(call: Call): Answer | Promise<Answer>;
  /** It needs no token. */
  readonly isOpen?: boolean;
  /** It answers in another format than JSON, whatever the client says it takes. */
  readonly isText?: boolean;
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const accepted: Answer = { status: 202 };
export const noContent: Answer = { status: 204 };

/** Where a connector is found; whole where the client said where it found us (as Jersey does). */
export const locationOf = ({ origin }: Call, connector: string): string =>
  `${origin ?? ''}/connectors/${encodeURIComponent(connector)}`;

/** A query parameter that is `true`, in any case; everything else is false (Java: Boolean.valueOf). */
export const isTrue = (call: Call, parameter: string): boolean =>
  call.query.get(parameter)?.toLowerCase() === 'true';
