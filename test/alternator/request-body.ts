import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { type Answer, errorAnswer } from './answers.ts';
import { isObject, type JsonObject } from './json.ts';

/** The largest body, as sent and after decompression (scylladb alternator/server.hh). */
const bodyBytesMax = 16 << 20;

const decoders = { gzip: promisify(gunzip), deflate: promisify(inflate) };

/** A body, or why there is none. */
export type Received = { readonly body: JsonObject } | { readonly refusal: Answer };

/** Reads a request's body as Alternator does: compressed or not, or the refusal. */
export async function requestBody(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    // The rest of a body that is too large is read and dropped, so that the client gets its answer.
    if ((bytes += chunk.length) <= bodyBytesMax) chunks.push(chunk);
  }
  if (bytes > bodyBytesMax) return { refusal: tooLarge };
  let text = Buffer.concat(chunks);
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined) {
    if (encoding !== 'gzip' && encoding !== 'deflate') {
      return {
        refusal: errorAnswer(500, 'InternalServerError', `Unsupported Content-Encoding: ${encoding}`),
      };
    }
    const decoded = await decoders[encoding](text, { maxOutputLength: bodyBytesMax }).catch(() => undefined);
    if (decoded === undefined) return { refusal: tooLarge };
    text = decoded;
  }
  return parsed(text.toString());
}

const tooLarge = errorAnswer(413, 'PayloadTooLarge', `Request content length limit ${bodyBytesMax} exceeded`);

function parsed(text: string): Received {
  const malformed = errorAnswer(400, 'SerializationException', 'Failed to parse the request as JSON');
  try {
    const body: unknown = JSON.parse(text);
    return isObject(body) ? { body } : { refusal: malformed };
  } catch {
    return { refusal: malformed };
  }
}
