import { freePorts } from '../../../local/ports.ts';
import type { Answer } from '../../alternator/answers.ts';
import { isObject, type JsonObject } from '../../alternator/json.ts';
import { listenAt, sendAnswer } from '../../alternator/node.ts';
import { requestBody } from '../../alternator/request-body.ts';
import { type Caller, callerOf, upstreamAt } from '../../alternator/upstream.ts';

export interface DynamoDbFront extends AsyncDisposable {
  readonly endpoint: string;
}

/** Answers an operation itself; null: it is left to DynamoDB Local. */
export type OwnAnswer = (operation: string, body: JsonObject, caller: Caller) => Promise<Answer | null>;

/**
 * An address before a DynamoDB Local that changes answers, as no client could make it answer by itself.
 *
 * @param change gets each operation's answer and gives the one that the client gets.
 * @param own answers what DynamoDB Local does not have
 * @param accessKeyId whose database every caller gets; default: its own
 */
export async function startDynamoDbFront(
  endpoint: string,
  change: (operation: string, answer: Answer) => Answer,
  own: OwnAnswer = async () => null,
  accessKeyId: string | null = null,
): Promise<DynamoDbFront> {
  const upstream = upstreamAt(endpoint);
  const [port] = await freePorts(1);
  const listener = await listenAt('127.0.0.1', port!, async (request, response) => {
    const received = await requestBody(request);
    if ('refusal' in received) return sendAnswer(response, received.refusal);
    const target = String(request.headers['x-amz-target'] ?? '');
    const operation = target.slice(target.indexOf('.') + 1);
    const { authorization } = request.headers;
    const caller = callerOf(
      accessKeyId === null ? authorization : authorization?.replace(/(?<=Credential=)[^/]+/, accessKeyId),
    );
    const answer =
      (await own(operation, received.body, caller)) ?? (await upstream.send(caller, target, received.body));
    sendAnswer(response, change(operation, answer));
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      await listener.down();
      upstream.close();
    },
  };
}

/** Refuses an operation as IAM does. */
export function denying(...operations: readonly string[]) {
  return (operation: string, answer: Answer): Answer =>
    operations.includes(operation)
      ? {
          status: 400,
          body: {
            __type: 'com.amazon.coral.service#AccessDeniedException',
            message: `User: arn:aws:iam::123456789012:user/m is not authorized to perform: dynamodb:${operation}`,
          },
        }
      : answer;
}

/** Changes every record of a stream on its way. */
export function withRecords(change: (record: JsonObject) => JsonObject) {
  return (operation: string, answer: Answer): Answer => {
    const records = answer.body['Records'];
    if (operation !== 'GetRecords' || !Array.isArray(records)) return answer;
    const changed = records.filter(isObject).map((record) => {
      const { dynamodb, ...rest } = record;
      return { ...rest, dynamodb: change(isObject(dynamodb) ? dynamodb : {}) };
    });
    return { ...answer, body: { ...answer.body, Records: changed } };
  };
}

/** Changes the first record that is read of a stream, also when it is read again. */
export function withFirstRecord(change: (record: JsonObject) => JsonObject) {
  let first: unknown;
  return withRecords((record) => {
    first ??= record['SequenceNumber'];
    return record['SequenceNumber'] === first ? change(record) : record;
  });
}
