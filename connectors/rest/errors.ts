import { STATUS_CODES } from 'node:http';
import { RequestError } from '../worker/herder.ts';

/** The body of every error (org.apache.kafka.connect.runtime.rest.entities.ErrorMessage). */
export interface ErrorBody {
  readonly error_code: number;
  readonly message: string;
}

export interface Refusal {
  readonly status: number;
  readonly body: ErrorBody;
  /** Nobody foresaw it: the log has to tell of it. */
  readonly isUnexpected: boolean;
}

/** As Jersey words what has no words of its own: `HTTP 404 Not Found`. */
export function refusal(status: number, message = `HTTP ${status} ${STATUS_CODES[status]}`): Refusal {
  return { status, body: { error_code: status, message }, isUnexpected: false };
}

/** What a client is told of an error: of the server itself (a body too large, of a wrong type), of a request, of anything else. */
export function refusalOf(error: unknown, bodyBytesMax: number): Refusal {
  if (error instanceof RequestError) return refusal(error.status, error.message);
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status === 413) {
    return refusal(413, `The body has more than ${bodyBytesMax} bytes, the most that is read`);
  }
  if (status >= 400 && status < 500) return refusal(status);
  const message = error instanceof Error ? error.message : String(error);
  return { ...refusal(500, message), isUnexpected: true };
}

/** Whether an error says that there is no such thing. */
export const isMissing = (error: unknown): boolean => error instanceof RequestError && error.status === 404;

/** The same with the words that Kafka Connect has for this question, where what is asked of is missing. */
export async function missingAs<T>(message: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw isMissing(error) ? new RequestError(404, message, { cause: error }) : error;
  }
}
