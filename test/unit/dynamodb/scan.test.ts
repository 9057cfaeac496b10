import { describe, expect, test } from 'vitest';
import { readScanPage, type ScanOptions, type ScanPage, scanPages } from '../../../dynamodb/scan.ts';
import { itemToJson } from '../../../schemas/json-writer.ts';
import { encodeKey } from '../../../schemas/key.ts';
import { ItemScanner } from '../../../schemas/scanner.ts';
import type { KeySchema } from '../../../schemas/values.ts';
import { attributesFromJson } from '../../attributes-from-json.ts';
import { FakeClock } from './fake-clock.ts';
import { inTurn, sendError, sendJson, startStub } from './stub-server.ts';

const KEYS: KeySchema = [{ name: 'pk', type: 'S' }];
const item = (pk: string) => ({ pk: { S: pk }, n: { N: '1.50' } });

function optionsOf(more: Partial<ScanOptions> = {}): ScanOptions {
  const scanner = new ItemScanner(KEYS);
  return { table: 'T', segment: 1, totalSegments: 4, consistent: true, scanner, ...more };
}

async function collect(pages: AsyncIterable<ScanPage>): Promise<ScanPage[]> {
  const collected: ScanPage[] = [];
  for await (const page of pages) collected.push(page);
  return collected;
}

function namesIn(page: ScanPage | undefined): string[] {
  return (page?.items ?? []).map(({ avro }) => itemToJson(avro).toString());
}

describe('a page', () => {
  const answerOf = (text: string) => ({ status: 200, body: Buffer.from(text), serverTimeMs: 7 });

  test('gives items and keys whatever the order of the answer’s members and its spaces', () => {
    const text = ` { "Count" : 2 , "LastEvaluatedKey" : {"pk":{"S":"b\\"]}"}} , "Items" : [ ${JSON.stringify(item('a'))} , ${JSON.stringify(item('b'))} ] , "ScannedCount":2 } `;
    const page = readScanPage(answerOf(text), new ItemScanner(KEYS));
    expect(namesIn(page)).toEqual(['{"pk":{"S":"a"},"n":{"N":"1.5"}}', '{"pk":{"S":"b"},"n":{"N":"1.5"}}']);
    expect(page.items[1]?.key).toEqual(encodeKey(KEYS, attributesFromJson({ pk: { S: 'b' } })));
    expect(page.lastKey?.toString()).toBe('{"pk":{"S":"b\\"]}"}}');
    expect(page.serverTimeMs).toBe(7);
    expect(page.consumedUnits).toBeNull();
  });

  test('without items or a last key is empty and the end', () => {
    const page = readScanPage(answerOf('{"Items":[],"Count":0,"ScannedCount":0}'), new ItemScanner(KEYS));
    expect(page).toMatchObject({ items: [], lastKey: null });
  });

  test('that is cut off throws', () => {
    const cut = answerOf('{"Items":[{"pk":{"S":"a"}}');
    expect(() => readScanPage(cut, new ItemScanner(KEYS))).toThrow('Not JSON');
  });
});

describe('a scan', () => {
  test('goes on behind each page’s last key until there is none', async () => {
    await using stub = await startStub(
      inTurn(
        (_, response) =>
          sendJson(response, 200, { Items: [item('a')], LastEvaluatedKey: { pk: { S: 'a' } } }),
        (_, response) => sendJson(response, 200, { Items: [], LastEvaluatedKey: { pk: { S: 'x' } } }),
        (_, response) => sendJson(response, 200, { Items: [item('z')] }),
      ),
    );
    await using client = stub.client();
    const pages = await collect(scanPages(client, optionsOf()));
    expect(pages.map(({ items }) => items.length)).toEqual([1, 0, 1]);
    const base = { TableName: 'T', Segment: 1, TotalSegments: 4, ConsistentRead: true };
    expect(stub.requests.map(({ body }) => JSON.parse(body))).toEqual([
      base,
      { ...base, ExclusiveStartKey: { pk: { S: 'a' } } },
      { ...base, ExclusiveStartKey: { pk: { S: 'x' } } },
    ]);
  });

  test('resumes where it is told', async () => {
    await using stub = await startStub((_, response) => sendJson(response, 200, { Items: [] }));
    await using client = stub.client();
    const startKey = Buffer.from('{"pk":{"S":"é"}}');
    await collect(scanPages(client, optionsOf({ startKey, limit: 5 })));
    expect(JSON.parse(stub.requests[0]?.body ?? '')).toMatchObject({
      ExclusiveStartKey: { pk: { S: 'é' } },
      Limit: 5,
    });
  });

  test('retries throttles and failures of the server, and nothing else', async () => {
    await using stub = await startStub(
      inTurn(
        (_, response) => sendError(response, 400, 'ProvisionedThroughputExceededException'),
        (_, response) => sendError(response, 500, 'InternalServerError'),
        (_, response) => sendJson(response, 200, { Items: [item('a')] }),
        (_, response) => sendError(response, 400, 'ResourceNotFoundException'),
      ),
    );
    await using client = stub.client();
    const retry = { clock: new FakeClock(true) };
    expect(await collect(scanPages(client, optionsOf({ retry })))).toHaveLength(1);
    await expect(collect(scanPages(client, optionsOf({ retry })))).rejects.toMatchObject({
      kind: 'not-found',
    });
    expect(stub.requests).toHaveLength(4);
  });

  test('with a pace asks what it costs and pays before the next page', async () => {
    await using stub = await startStub(
      inTurn(
        (_, response) =>
          sendJson(response, 200, {
            Items: [],
            LastEvaluatedKey: { pk: { S: 'a' } },
            ConsumedCapacity: { TableName: 'T', CapacityUnits: 12.5 },
          }),
        (_, response) => sendJson(response, 200, { Items: [] }),
      ),
    );
    await using client = stub.client();
    const paid: string[] = [];
    const pace = (units: number) => {
      paid.push(`${units} after ${stub.requests.length}`);
      return Promise.resolve();
    };
    const pages = await collect(scanPages(client, optionsOf({ pace })));
    expect(paid).toEqual(['12.5 after 1']);
    expect(pages[0]?.consumedUnits).toBe(12.5);
    expect(JSON.parse(stub.requests[0]?.body ?? '')).toMatchObject({ ReturnConsumedCapacity: 'TOTAL' });
  });

  test('stops at an abort with its reason', async () => {
    const controller = new AbortController();
    await using stub = await startStub((_, response) => {
      sendJson(response, 200, { Items: [], LastEvaluatedKey: { pk: { S: 'a' } } });
      if (stub.requests.length === 3) controller.abort(new Error('stopping'));
    });
    await using client = stub.client();
    const pages = collect(scanPages(client, optionsOf({ signal: controller.signal })));
    await expect(pages).rejects.toThrow('stopping');
  });
});
