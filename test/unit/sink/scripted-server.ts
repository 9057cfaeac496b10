import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Call {
  readonly operation: string;
  /** The JSON of the request. */
  readonly body: string;
  /** Ids of the items or keys of a BatchWriteItem, in order. */
  readonly ids: readonly string[];
}

/** How a call is treated: `undefined` as a server would, else an answer, or none. */
export type Script = (
  call: Call,
  n: number,
) => undefined | 'reset' | 'hang' | 'apply-then-500' | ScriptedAnswer;

export interface ScriptedAnswer {
  readonly status: number;
  readonly body: unknown;
}

export const fault = (status: number, code: string, message = ''): ScriptedAnswer => ({
  status,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${code}`, message },
});

/** A server of one table with the key `id`, as little of Alternator as the sink needs, that misbehaves as it is told. */
export class ScriptedServer implements AsyncDisposable {
  readonly calls: Call[] = [];
  /** Items as DynamoDB JSON, by id. */
  readonly rows = new Map<string, unknown>();
  script: Script = () => undefined;
  endpoint = '';
  /** What DescribeTable says; null: no such table. */
  description: Record<string, unknown> | null = describing([{ AttributeName: 'id', KeyType: 'HASH' }]);
  /** Null: not Alternator. */
  localNodes: readonly string[] | null = [];
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url?.startsWith('/localnodes')) return this.#answerLocalNodes(response);
      const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
      this.#handle(operation, Buffer.concat(chunks).toString(), response);
    });
  });

  static async start(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    server.endpoint = `http://127.0.0.1:${(server.#server.address() as AddressInfo).port}`;
    return server;
  }

  get writes(): readonly Call[] {
    return this.calls.filter(({ operation }) => operation === 'BatchWriteItem');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answerLocalNodes(response: ServerResponse): void {
    if (this.localNodes === null) send(response, fault(400, 'UnknownOperationException'));
    else send(response, { status: 200, body: this.localNodes });
  }

  #handle(operation: string, body: string, response: ServerResponse): void {
    const requests = operation === 'BatchWriteItem' ? requestsOf(body) : [];
    const call: Call = { operation, body, ids: requests.map(({ id }) => id) };
    const n = this.calls.filter((other) => other.operation === operation).length;
    this.calls.push(call);
    const how = this.script(call, n);
    if (how === 'hang') return;
    if (how === 'reset') return void response.socket?.destroy();
    if (how === undefined || how === 'apply-then-500') {
      for (const { id, item } of requests) {
        if (item === null) this.rows.delete(id);
        else this.rows.set(id, item);
      }
    }
    const failed = how === 'apply-then-500' ? fault(500, 'InternalServerError', 'write timeout') : how;
    send(response, failed ?? this.#normal(operation));
  }

  #normal(operation: string): ScriptedAnswer {
    switch (operation) {
      case 'BatchWriteItem':
        return { status: 200, body: { UnprocessedItems: {} } };
      case 'DescribeTable':
        if (this.description === null) return fault(400, 'ResourceNotFoundException', 'no such table');
        return { status: 200, body: { Table: this.description } };
      case 'CreateTable':
        this.description = describing([{ AttributeName: 'id', KeyType: 'HASH' }]);
        return { status: 200, body: { TableDescription: this.description } };
      case 'DeleteTable':
        this.description = null;
        return {
          status: 200,
          body: { TableDescription: describing([{ AttributeName: 'id', KeyType: 'HASH' }]) },
        };
      case 'Scan':
        return { status: 200, body: { Items: [...this.rows.values()], Count: this.rows.size } };
      default:
        return fault(400, 'UnknownOperationException');
    }
  }
}

export function describing(keySchema: readonly { AttributeName: string; KeyType: string }[], type = 'S') {
  return {
    TableName: 'Music',
    TableStatus: 'ACTIVE',
    TableArn: 'arn:scylla:alternator:x:scylla:table/Music',
    KeySchema: keySchema,
    AttributeDefinitions: keySchema.map(({ AttributeName }) => ({ AttributeName, AttributeType: type })),
  };
}

interface WriteRequest {
  readonly PutRequest?: { readonly Item: { readonly id: { readonly S: string } } };
  readonly DeleteRequest?: { readonly Key: { readonly id: { readonly S: string } } };
}

function requestsOf(body: string): { id: string; item: unknown }[] {
  const { RequestItems } = JSON.parse(body) as { RequestItems: Record<string, WriteRequest[]> };
  return Object.values(RequestItems)
    .flat()
    .map(({ PutRequest, DeleteRequest }) => ({
      id: PutRequest?.Item.id.S ?? DeleteRequest?.Key.id.S ?? '',
      item: PutRequest?.Item ?? null,
    }));
}

function send(response: ServerResponse, { status, body }: ScriptedAnswer): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(body));
}
