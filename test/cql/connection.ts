import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorFrame, unprepared, unsupportedVersion } from './answers.ts';
import type { Dialect } from './dialect.ts';
import type { CqlFaults, Fault } from './faults.ts';
import { type Frame, frameBytes, frameReader, opcodes } from './frames.ts';
import { type PreparedStatements, preparedOf, type Request, requestOf, withText } from './request.ts';
import { executeAside } from './side-door.ts';

type AnswerKind = NonNullable<Fault['answer']>;

/** A request as it came. */
export interface ProxyStatement extends Request {
  readonly fault: Fault | null;
  /** Requests with statements that had no answer yet when it came, this one too. */
  readonly underWay: number;
}

/** What all connections of a proxy share. */
export interface Shared {
  /** Cassandra's. */
  readonly port: number;
  readonly dialect: Dialect;
  readonly faults: CqlFaults;
  readonly statements: ProxyStatement[];
  readonly prepared: PreparedStatements;
  /** What is executed aside, or later. */
  readonly executing: Set<Promise<unknown>>;
  /** Requests with statements that have no answer yet. */
  underWay: number;
}

/** Carries a client's requests to Cassandra, and the answers back, in the way that dialect and faults say. */
export class Connection {
  readonly #shared: Shared;
  readonly #client: Socket;
  readonly #upstream: Socket;
  /** Unanswered requests by stream. */
  readonly #waiting = new Map<number, { request: Request; answer: AnswerKind }>();
  /** Streams of requests with statements that the client has no answer to. */
  readonly #open = new Set<number>();
  #isSilent = false;

  constructor(shared: Shared, client: Socket) {
    this.#shared = shared;
    this.#client = client;
    this.#upstream = connect({ host: '127.0.0.1', port: shared.port });
    this.#client.on(
      'data',
      frameReader((frame) => void this.#asked(frame)),
    );
    this.#upstream.on(
      'data',
      frameReader((frame) => this.#answered(frame)),
    );
    for (const socket of [this.#client, this.#upstream]) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => this.cut());
    }
  }

  cut(): void {
    this.#shared.underWay -= this.#open.size;
    this.#open.clear();
    this.#client.destroy();
    this.#upstream.destroy();
  }

  /** From now on nothing passes, and nobody is told. */
  silence(): void {
    this.#isSilent = true;
  }

  async #asked(frame: Frame): Promise<void> {
    if (this.#isSilent) return;
    const request = frame.version > 4 ? null : requestOf(frame, this.#shared.prepared);
    if (frame.version > 4) this.#answer(errorFrame(frame.stream, unsupportedVersion));
    else if (request === null) this.#forward(frame);
    else await this.#receive(frame, request);
  }

  async #receive(frame: Frame, request: Request): Promise<void> {
    const fault = this.#shared.faults.faultFor(request);
    this.#open.add(frame.stream);
    this.#shared.statements.push({ ...request, fault, underWay: ++this.#shared.underWay });
    const refusal = request.kind === 'prepare' ? null : this.#shared.dialect.refusal(request);
    if (refusal !== null) {
      this.#answer(errorFrame(frame.stream, refusal));
      return;
    }
    if (fault?.latencyMs !== undefined) await sleep(fault.latencyMs);
    const isInline = request.kind === 'query' || request.kind === 'prepare';
    const known = isInline ? withText(frame, this.#shared.dialect.toCassandra(request.text)) : frame;
    this.#treat(known, request, fault);
  }

  #treat(frame: Frame, request: Request, fault: Fault | null): void {
    const { apply = 'now', answer = 'normal' } = fault ?? {};
    if (apply === 'now') {
      this.#waiting.set(frame.stream, { request, answer });
      this.#forward(frame);
      return;
    }
    if (apply !== 'never') this.#later(frame, apply.afterMs);
    this.#end(frame.stream, request, answer === 'normal' ? 'lost' : answer);
  }

  #later(frame: Frame, afterMs: number): void {
    const { executing, port } = this.#shared;
    const work = sleep(afterMs).then(() => executeAside(port, frame));
    executing.add(work);
    const done = () => executing.delete(work);
    work.then(done, done);
  }

  #answered(frame: Frame): void {
    if (this.#isSilent || (frame.opcode === opcodes.event && !isAboutSchema(frame))) return;
    const waiting = this.#waiting.get(frame.stream);
    this.#waiting.delete(frame.stream);
    if (waiting === undefined) this.#answer(frame);
    else if (waiting.answer === 'normal') this.#hand(frame, waiting.request);
    else this.#end(frame.stream, waiting.request, waiting.answer);
  }

  #hand(frame: Frame, request: Request): void {
    const { dialect, prepared } = this.#shared;
    const found = request.kind === 'prepare' ? preparedOf(frame, request.text) : null;
    if (found !== null) prepared.set(found.id, found.prepared);
    this.#answer(dialect.fromCassandra(request, frame));
  }

  /** Ends a request otherwise than Cassandra would. */
  #end(stream: number, request: Request, answer: Exclude<AnswerKind, 'normal'>): void {
    if (answer === 'cut') this.cut();
    else if (answer === 'unprepared')
      this.#answer(errorFrame(stream, unprepared(request.id ?? Buffer.alloc(0))));
    else if (answer !== 'lost') this.#answer(errorFrame(stream, answer));
  }

  #forward(frame: Frame): void {
    this.#upstream.write(frameBytes(frame));
  }

  #answer(frame: Frame): void {
    if (this.#open.delete(frame.stream)) this.#shared.underWay -= 1;
    this.#client.write(frameBytes(frame));
  }
}

/** Other news name Cassandra's own address, to which the client would go. */
function isAboutSchema(frame: Frame): boolean {
  return frame.body.toString('latin1', 2).startsWith('SCHEMA_CHANGE');
}
