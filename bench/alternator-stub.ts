import { createServer, type Socket } from 'node:net';

/**
 * A process of its own that stands for Alternator where the server would be the limit: it answers every write at once and
 * keeps nothing. Prints its port.
 */

const HEAD_END = Buffer.from('\r\n\r\n');
const NOTHING_UNPROCESSED = '{"UnprocessedItems":{}}';

let dateHeader = '';
let datedAtMs = 0;

/** Servers send their clock with every answer; made once a second, as real servers do. */
function date(): string {
  const nowMs = Date.now();
  if (nowMs - datedAtMs >= 1000) {
    datedAtMs = nowMs;
    dateHeader = new Date(nowMs).toUTCString();
  }
  return dateHeader;
}

function answer(socket: Socket, body: string): void {
  const type = 'application/x-amz-json-1.0';
  socket.write(
    `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nDate: ${date()}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

function bodyFor(head: string, body: Buffer): string {
  if (head.startsWith('GET /localnodes')) return '[]';
  const operation = /x-amz-target: ?DynamoDB_20120810\.(\w+)/i.exec(head)?.[1];
  if (operation === 'BatchWriteItem') return NOTHING_UNPROCESSED;
  if (operation === 'DescribeTable') return description(JSON.parse(body.toString()) as { TableName: string });
  return '{}';
}

function description({ TableName }: { readonly TableName: string }): string {
  const AttributeDefinitions = ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' }));
  const KeySchema = [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ];
  return JSON.stringify({ Table: { TableName, TableStatus: 'ACTIVE', AttributeDefinitions, KeySchema } });
}

/** One request after the other on a connection; bodies with a Content-Length. */
function serve(socket: Socket): void {
  let head: string | null = null;
  let wanted = 0;
  let chunks: Buffer[] = [];
  let held = 0;
  const step = (): boolean => {
    if (head === null) {
      const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      const end = bytes.indexOf(HEAD_END);
      chunks = [bytes];
      if (end < 0) return false;
      head = bytes.toString('latin1', 0, end);
      wanted = Number(/content-length: ?(\d+)/i.exec(head)?.[1] ?? 0);
      chunks = [bytes.subarray(end + HEAD_END.length)];
      held = chunks[0]!.length;
    }
    if (held < wanted) return false;
    const bytes = Buffer.concat(chunks);
    answer(socket, bodyFor(head, bytes.subarray(0, wanted)));
    chunks = held > wanted ? [bytes.subarray(wanted)] : [];
    held -= wanted;
    head = null;
    return held > 0;
  };
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    held += chunk.length;
    while (step());
  });
}

const server = createServer(serve);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.stdout.write(`${address?.port}\n`);
});
// Whoever started it holds the other end.
process.stdin.resume().on('end', () => process.exit(0));
