import { createHash, createHmac } from 'node:crypto';
import { KafkaError } from '../errors.ts';

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const SERVICE = 'kafka-cluster';
const EXPIRES_SECONDS = 900;
/** Only for the logs of AWS: it is not part of what is signed. */
const USER_AGENT = 'messina-connect';
const EMPTY_HASH = createHash('sha256').update('').digest('hex');

const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest();

/** As Signature Version 4 wants it: everything but `A-Z a-z 0-9 - _ . ~` (AWS IAM user guide: create a signed request). */
const encoded = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * The bearer token that Amazon MSK takes for an IAM identity, over SASL/OAUTHBEARER.
 *
 * It is a presigned GET of `kafka-cluster:Connect`, as base64url of the whole URL, which the broker sends to AWS in our
 * stead; so it holds no secret, and is good for 15 minutes (AWS: aws-msk-iam-sasl-signer, the same in each language).
 *
 * @param nowMs the time it claims, ms since the epoch
 */
export function awsIamToken(region: string, keys: AwsKeys, nowMs: number): string {
  const host = `kafka.${region}.amazonaws.com`;
  const amzDate = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = amzDate.slice(0, 8);
  const scope = `${day}/${region}/${SERVICE}/aws4_request`;
  // In the order of their names, which is the order that is signed.
  const parameters = [
    ['Action', `${SERVICE}:Connect`],
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${keys.accessKeyId}/${scope}`],
    ['X-Amz-Date', amzDate],
    ['X-Amz-Expires', String(EXPIRES_SECONDS)],
    ...(keys.sessionToken === undefined ? [] : [['X-Amz-Security-Token', keys.sessionToken]]),
    ['X-Amz-SignedHeaders', 'host'],
  ];
  const query = parameters.map(([name, value]) => `${name}=${encoded(value!)}`).join('&');
  const canonical = `GET\n/\n${query}\nhost:${host}\n\nhost\n${EMPTY_HASH}`;
  const canonicalHash = createHash('sha256').update(canonical).digest('hex');
  const toSign = `AWS4-HMAC-SHA256\n${amzDate}\n${scope}\n${canonicalHash}`;
  const dayKey = hmac(`AWS4${keys.secretAccessKey}`, day);
  const key = hmac(hmac(hmac(dayKey, region), SERVICE), 'aws4_request');
  const signature = hmac(key, toSign).toString('hex');
  const url = `https://${host}/?${query}&X-Amz-Signature=${signature}&User-Agent=${USER_AGENT}`;
  return Buffer.from(url).toString('base64url');
}

/**
 * Gives a token of its own to each connection, so that none is ever near its end: making one costs some hashes.
 *
 * @param keys asked for each token; keeps and renews temporary keys itself. What it throws becomes AUTHENTICATION_FAILED
 * where there are no keys or AWS refuses them, else CREDENTIALS_UNAVAILABLE, which is retried.
 */
export function awsIamTokens(
  region: string,
  keys: () => Promise<AwsKeys>,
  nowMs: () => number = Date.now,
): () => Promise<{ value: string }> {
  return async () => {
    const current = await keys().catch((error: unknown) => {
      throw keysError(error);
    });
    return { value: awsIamToken(region, current, nowMs()) };
  };
}

/** Told by name: this room does not know the SDK, whose errors of a refused request carry `$fault: 'client'`. */
function keysError(error: unknown): KafkaError {
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  const fault = error instanceof Error && '$fault' in error ? error.$fault : undefined;
  const isFinal = fault === 'client' || name === 'CredentialsProviderError' || name === 'TokenProviderError';
  return new KafkaError(
    isFinal ? 'AUTHENTICATION_FAILED' : 'CREDENTIALS_UNAVAILABLE',
    `the AWS credentials for Kafka: ${name === '' ? '' : `${name}: `}${message}`,
    { cause: error },
  );
}
