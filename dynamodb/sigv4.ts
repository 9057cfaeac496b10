import { createHash, createHmac } from 'node:crypto';
import type { Credentials } from './credentials.ts';

export interface UnsignedRequest {
  /** As the `Host` header will carry it: with the port, unless it is the scheme's own. */
  readonly host: string;
  /** The `X-Amz-Target` header. */
  readonly target: string;
  readonly body: Buffer | string;
}

export interface Signature {
  readonly authorization: string;
  /** The `X-Amz-Date` header, `YYYYMMDDTHHMMSSZ`. */
  readonly amzDate: string;
}

export const CONTENT_TYPE = 'application/x-amz-json-1.0';

/**
 * Signs calls of the DynamoDB API, a POST to `/` with a JSON body (AWS General Reference: Signature Version 4).
 *
 * The signing key depends on the day, the region and the secret, and is kept: a signature costs three hashes.
 */
export class Signer {
  readonly #region: string;
  readonly #service: string;
  #key: Buffer = Buffer.alloc(0);
  #keyOf = '';

  /** @param service both DynamoDB and its streams sign as `dynamodb` */
  constructor(region: string, service = 'dynamodb') {
    this.#region = region;
    this.#service = service;
  }

  /** @param nowMs the time the signature claims; the service refuses more than 5 minutes of difference */
  sign(request: UnsignedRequest, credentials: Credentials, nowMs: number): Signature {
    const amzDate = amzDateOf(nowMs);
    const day = amzDate.slice(0, 8);
    const scope = `${day}/${this.#region}/${this.#service}/aws4_request`;
    const { sessionToken } = credentials;
    const tokenLine = sessionToken === undefined ? '' : `x-amz-security-token:${sessionToken}\n`;
    const signedHeaders =
      sessionToken === undefined
        ? 'content-type;host;x-amz-date;x-amz-target'
        : 'content-type;host;x-amz-date;x-amz-security-token;x-amz-target';
    const canonical =
      `POST\n/\n\ncontent-type:${CONTENT_TYPE}\nhost:${request.host}\nx-amz-date:${amzDate}\n${tokenLine}` +
      `x-amz-target:${request.target}\n\n${signedHeaders}\n${sha256Hex(request.body)}`;
    const toSign = `AWS4-HMAC-SHA256\n${amzDate}\n${scope}\n${sha256Hex(canonical)}`;
    const signature = createHmac('sha256', this.#keyFor(day, credentials)).update(toSign).digest('hex');
    return {
      amzDate,
      authorization:
        `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, ` +
        `SignedHeaders=${signedHeaders}, Signature=${signature}`,
    };
  }

  #keyFor(day: string, credentials: Credentials): Buffer {
    const keyOf = `${day} ${credentials.secretAccessKey}`;
    if (keyOf !== this.#keyOf) {
      let key = hmac(`AWS4${credentials.secretAccessKey}`, day);
      for (const part of [this.#region, this.#service, 'aws4_request']) key = hmac(key, part);
      this.#key = key;
      this.#keyOf = keyOf;
    }
    return this.#key;
  }
}

function amzDateOf(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, '');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256Hex(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
