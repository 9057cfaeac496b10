import type { Socket } from 'node:net';
import { connectionError, KafkaError } from './errors.ts';
import {
  type ApiVersions,
  type ConnectionSettings,
  encodeControl,
  openSocket,
  type WireCall,
} from './kafkajs.ts';
import type { ControlName, ControlRequests } from './wire/control.ts';

interface Waiting {
  readonly apiName: string;
  readonly resolve: (payload: Buffer) => void;
  readonly reject: (error: KafkaError) => void;
  readonly timer: NodeJS.Timeout;
}

/** An unread response longer than this is a framing error or another protocol on that port. */
const RESPONSE_BYTES_MAX = 512 * 1024 * 1024;
/** Credentials are shown again on a new connection after this part of their lifetime. */
const SESSION_PART = 0.8;

/**
 * One connection to one broker: requests out, answers back in any number at once, in order.
 *
 * A request that times out ends the connection, because what follows it would wait as well. A link that has ended
 * stays ended (`alive` is false); `Links` opens another.
 */
export class Link {
  readonly address: string;
  readonly versions: ApiVersions;
  readonly #socket: Socket;
  readonly #clientId: string;
  readonly #expiresAt: number;
  readonly #waiting = new Map<number, Waiting>();
  #correlationId = 0;
  #chunks: Buffer[] = [];
  #buffered = 0;
  #needed = 4;
  #ended: KafkaError | null = null;

  /** Connects and authenticates. Throws BROKER_UNREACHABLE or AUTHENTICATION_FAILED. */
  static async open(settings: ConnectionSettings, host: string, port: number): Promise<Link> {
    const address = `${host}:${port}`;
    try {
      const { socket, versions, sessionLifetimeMs } = await openSocket(settings, host, port);
      return new Link(settings.clientId, address, socket, versions, sessionLifetimeMs);
    } catch (error) {
      throw connectionError(error, address);
    }
  }

  private constructor(
    clientId: string,
    address: string,
    socket: Socket,
    versions: ApiVersions,
    lifetimeMs: number,
  ) {
    this.#clientId = clientId;
    this.address = address;
    this.versions = versions;
    this.#socket = socket;
    this.#expiresAt =
      lifetimeMs > 0 ? performance.now() + lifetimeMs * SESSION_PART : Number.POSITIVE_INFINITY;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) =>
      this.#end(new KafkaError('CONNECTION_LOST', `${address}: ${error.message}`)),
    );
    const closed = () => this.#end(new KafkaError('CONNECTION_LOST', `${address} closed the connection`));
    socket.on('end', closed);
    socket.on('close', closed);
  }

  /** False once the connection is lost, closed, or its credentials are about to expire. */
  get alive(): boolean {
    return this.#ended === null && performance.now() < this.#expiresAt;
  }

  get idle(): boolean {
    return this.#waiting.size === 0;
  }

  /** Sends one request and gives its answer's body. Throws CONNECTION_LOST or REQUEST_TIMED_OUT: outcome unknown. */
  request(call: WireCall, timeoutMs: number): Promise<Buffer> {
    if (this.#ended) return Promise.reject(this.#ended);
    const correlationId = this.#correlationId;
    this.#correlationId = (correlationId + 1) & 0x7fffffff;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#end(
          new KafkaError(
            'REQUEST_TIMED_OUT',
            `${call.apiName}: ${this.address} did not answer within ${timeoutMs} ms`,
          ),
        );
      }, timeoutMs);
      this.#waiting.set(correlationId, { apiName: call.apiName, resolve, reject, timer });
      this.#write(call, correlationId);
    });
  }

  /** Sends a control request that kafkajs encodes and decodes. */
  async control<N extends ControlName>(
    name: N,
    args: ControlRequests[N]['args'],
    timeoutMs: number,
  ): Promise<ControlRequests[N]['answer']> {
    const { call, decode } = await encodeControl(name, args, this.versions);
    const payload = await this.request(call, timeoutMs);
    return (await decode(payload)) as ControlRequests[N]['answer'];
  }

  /** Ends the connection; what is unanswered fails with CONNECTION_LOST. */
  close(): void {
    this.#end(new KafkaError('CONNECTION_LOST', `the connection to ${this.address} was closed by us`));
  }

  #write(call: WireCall, correlationId: number): void {
    const clientIdBytes = Buffer.byteLength(this.#clientId);
    const header = Buffer.allocUnsafe(14 + clientIdBytes);
    const bodyBytes = call.body.reduce((sum, part) => sum + part.length, 0);
    header.writeInt32BE(10 + clientIdBytes + bodyBytes, 0);
    header.writeInt16BE(call.apiKey, 4);
    header.writeInt16BE(call.apiVersion, 6);
    header.writeInt32BE(correlationId, 8);
    header.writeInt16BE(clientIdBytes, 12);
    header.write(this.#clientId, 14);
    this.#socket.cork();
    this.#socket.write(header);
    for (const part of call.body) this.#socket.write(part);
    this.#socket.uncork();
  }

  /** Collects chunks until a whole answer is there, so that each answer is put together once. */
  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    if (this.#buffered < this.#needed) return;
    let bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#buffered);
    for (;;) {
      this.#needed = 4;
      if (bytes.length < 4) break;
      const length = bytes.readInt32BE(0);
      if (length < 4 || length > RESPONSE_BYTES_MAX) {
        this.#end(new KafkaError('CONNECTION_LOST', `${this.address} does not speak Kafka's protocol`));
        return;
      }
      this.#needed = 4 + length;
      if (bytes.length < this.#needed) break;
      this.#settle(bytes.readInt32BE(4), bytes.subarray(8, this.#needed));
      bytes = bytes.subarray(this.#needed);
    }
    this.#chunks = bytes.length > 0 ? [bytes] : [];
    this.#buffered = bytes.length;
  }

  #settle(correlationId: number, payload: Buffer): void {
    const waiting = this.#waiting.get(correlationId);
    if (!waiting) return;
    this.#waiting.delete(correlationId);
    clearTimeout(waiting.timer);
    waiting.resolve(payload);
  }

  #end(error: KafkaError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#socket.destroy();
    for (const waiting of this.#waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(new KafkaError(error.code, `${waiting.apiName}: ${error.message}`, { cause: error }));
    }
    this.#waiting.clear();
    this.#chunks = [];
  }
}
