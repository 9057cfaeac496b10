import { type Frame, opcodes } from './frames.ts';
import { int, short, string } from './wire.ts';

/** An error that a server answers (native_protocol_v4.spec, 9). */
export interface ErrorAnswer {
  readonly code: number;
  readonly message: string;
  /** What follows the message for this code. */
  readonly rest?: Buffer;
}

const localQuorum = short(0x06);

export const overloaded: ErrorAnswer = { code: 0x1001, message: 'Too many in flight requests' };

export const unavailable: ErrorAnswer = {
  code: 0x1000,
  message: 'Cannot achieve consistency level for cl LOCAL_QUORUM. Requires 2, alive 1',
  rest: Buffer.concat([localQuorum, int(2), int(1)]),
};

export const writeTimeout: ErrorAnswer = {
  code: 0x1100,
  message: 'Operation timed out - received only 1 responses from 2 CL=LOCAL_QUORUM.',
  rest: Buffer.concat([localQuorum, int(1), int(2), string('SIMPLE')]),
};

/** ScyllaDB's rate limit of a partition, for clients that do not know its own error (docs/dev/protocol-extensions.md). */
export const rateLimit: ErrorAnswer = {
  code: 0x2300,
  message:
    'Per-partition rate limit reached for writes in table Music, rejected by replicas (1 out of 2 required)',
};

/** The same with a code that the server has chosen: kind of operation, and whether the coordinator rejected it. */
export const rateLimitOfOwnCode: ErrorAnswer = {
  ...rateLimit,
  code: 0x4321,
  rest: Buffer.from([1, 0]),
};

/** ScyllaDB's restrict_future_timestamp (cql3/util.cc). */
export const tooFarAhead: ErrorAnswer = {
  code: 0x2200,
  message:
    'Cannot provide a timestamp more than 3 days into the future. If this was not intended, make sure the timestamp is in microseconds. You can also disable this check by setting the restrict_future_timestamp configuration option to false.',
};

export const unsupportedVersion: ErrorAnswer = {
  code: 0x000a,
  message: 'Invalid or unsupported protocol version: supported versions are (3/v3, 4/v4)',
};

export function unprepared(id: Buffer): ErrorAnswer {
  const message = `Prepared query with ID ${id.toString('hex')} not found`;
  return { code: 0x2500, message, rest: Buffer.concat([short(id.length), id]) };
}

/** The answer to a request with this stream. */
export function errorFrame(stream: number, answer: ErrorAnswer): Frame {
  const body = Buffer.concat([int(answer.code), string(answer.message), answer.rest ?? Buffer.alloc(0)]);
  return { version: 0x84, flags: 0, stream, opcode: opcodes.error, body };
}
