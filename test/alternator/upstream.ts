import { Agent, request } from 'node:http';
import type { Answer } from './answers.ts';
import { isObject, type JsonObject } from './json.ts';

/** Who calls: DynamoDB Local keeps a database for each access key and region, as the signature names them. */
export interface Caller {
  /** The `Authorization` header, handed on as it came; DynamoDB Local does not check signatures. */
  readonly authorization: string;
  /** Tells databases apart. */
  readonly database: string;
}

/** The store behind all nodes. */
export interface Upstream {
  /** `target` is the `X-Amz-Target` header, or the operation alone for DynamoDB's own. */
  send(caller: Caller, target: string, body: JsonObject): Promise<Answer>;
  close(): void;
}

const anonymous =
  'AWS4-HMAC-SHA256 Credential=anonymous/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0';

export function callerOf(authorization: string | undefined): Caller {
  const header = authorization ?? anonymous;
  const [, accessKeyId = '', region = ''] = /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(header) ?? [];
  return { authorization: header, database: `${accessKeyId}/${region}` };
}

export function upstreamAt(endpoint: string): Upstream {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const send = (caller: Caller, target: string, body: JsonObject) =>
    new Promise<Answer>((resolve, reject) => {
      const headers = {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': target.includes('.') ? target : `DynamoDB_20120810.${target}`,
        'x-amz-date': '20260101T000000Z',
        authorization: caller.authorization,
      };
      const outgoing = request(endpoint, { method: 'POST', agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString() || '{}');
          resolve({ status: response.statusCode ?? 500, body: isObject(parsed) ? parsed : {} });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(JSON.stringify(body));
    });
  return { send, close: () => agent.destroy() };
}
