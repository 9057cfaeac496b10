import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, ScanCommand, type AttributeValue as SdkValue } from '@aws-sdk/client-dynamodb';
import { pino } from 'pino';
import { describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../connectors/clock.ts';
import type { SinkContext } from '../../connectors/connector.ts';
import { Item } from '../../schemas/item.ts';
import { encodeKey } from '../../schemas/key.ts';
import type { Attributes, AttributeValue } from '../../schemas/values.ts';
import { alternatorSink } from '../../sink/alternator/connector.ts';
import { type AlternatorOptions, alternatorOptions } from '../../sink/alternator/options.ts';
import { faults, late } from '../alternator/faults.ts';
import { type AlternatorProxy, startAlternatorProxy } from '../alternator-proxy.ts';
import { type SinkSubject, sinkSuite } from '../conformance/sink-suite.ts';
import { region, uniqueName } from '../services.ts';
import { attributes, deleteRecord, putRecord, sinkTable } from '../sink-records.ts';

type Subject = SinkSubject<AlternatorOptions>;

/** A target table of its own in DynamoDB Local, written to through these endpoints. */
function subjectAt(endpoints: readonly string[], more: Readonly<Record<string, unknown>> = {}): Subject {
  const credentials = { accessKeyId: uniqueName(), secretAccessKey: 'secret' };
  const table = sinkTable('Music');
  const client = new DynamoDBClient({ endpoint: inject('services').target, region, credentials });
  const stop = new AbortController();
  const context: SinkContext = {
    log: pino({ level: 'silent' }),
    clock: systemClock,
    signal: stop.signal,
    leaseValid: () => true,
  };
  return {
    connector: alternatorSink,
    options: alternatorOptions.parse({ endpoints, region, credentials, ...more }),
    table,
    context,
    readAll: async () => {
      const rows = new Map<string, Item>();
      for await (const whole of scan(client, 'Music')) {
        rows.set(encodeKey(table.facts.keySchema, whole).toString('hex'), Item.fromAttributes(whole));
      }
      return rows;
    },
    // An item without its key: the request's own key says nothing about that.
    refused: (id) => ({
      ...putRecord(table, attributes({ id: { S: id } })),
      after: Item.fromAttributes(attributes({ other: { S: id } })),
    }),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      client.destroy();
    },
  };
}

async function* scan(client: DynamoDBClient, table: string): AsyncGenerator<Attributes> {
  let from: Record<string, SdkValue> | undefined;
  do {
    const start = from === undefined ? {} : { ExclusiveStartKey: from };
    const page = await client.send(new ScanCommand({ TableName: table, ConsistentRead: true, ...start }));
    for (const item of page.Items ?? []) yield fromSdk(item);
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
}

function fromSdk(item: Record<string, SdkValue>): Attributes {
  return new Map(Object.entries(item).map(([name, value]) => [name, valueFromSdk(value)]));
}

function valueFromSdk(value: SdkValue): AttributeValue {
  if (value.M !== undefined) return { M: fromSdk(value.M) };
  if (value.L !== undefined) return { L: value.L.map(valueFromSdk) };
  if (value.B !== undefined) return { B: Buffer.from(value.B) };
  if (value.NULL !== undefined) return { NULL: true };
  return value as AttributeValue;
}

async function proxied(
  proxy: AlternatorProxy,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Subject> {
  const subject = subjectAt([proxy.nodes[0].endpoint], more);
  await subject.connector.prepare(subject.options, subject.table, true, subject.context);
  return subject;
}

sinkSuite('AlternatorSink on DynamoDB Local', { version: false, refusal: true }, async () =>
  subjectAt([inject('services').target]),
);

sinkSuite('AlternatorSink on Alternator', { version: false, refusal: true }, async () => {
  const proxy = await startAlternatorProxy({ upstream: inject('services').target, skewsMs: [0, 60, -60] });
  const subject = subjectAt([proxy.nodes[0].endpoint], { clockSkewMs: 150 });
  return {
    ...subject,
    [Symbol.asyncDispose]: async () => {
      await subject[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
});

describe('AlternatorSink with nodes whose clocks differ', () => {
  const bounds = { serverTimeoutMs: 600, clockSkewMs: 250 };
  const ids = Array.from({ length: 40 }, (_, i) => `k${i}`);

  /** Rounds of puts and deletes of the same keys, then what the target should hold. */
  async function churn(subject: Subject, rounds: number, between: (round: number) => Promise<void> | void) {
    const { connector, options, table, context } = subject;
    const wanted = new Map<string, string>();
    await using task = await connector.open(options, context);
    await task.adopt(table, '0', { clean: true, first: true });
    for (let round = 0; round < rounds; round++) {
      await between(round);
      const records = ids.map((id, i) => {
        const put = (round + i) % 5 !== 0;
        if (put) wanted.set(id, String(round));
        else wanted.delete(id);
        const n = attributes({ id: { S: id }, n: { N: String(round) } });
        return put ? putRecord(table, n) : deleteRecord(table, attributes({ id: { S: id } }));
      });
      expect(await task.put(table, '0', records)).toEqual([]);
    }
    return wanted;
  }

  async function found(subject: Subject): Promise<Map<string, string>> {
    const rows = await subject.readAll();
    return new Map(
      [...rows.values()].map(({ attributes: whole }) => {
        const [id, n] = [whole.get('id'), whole.get('n')];
        return [id && 'S' in id ? id.S : '', n && 'N' in n ? n.N : ''];
      }),
    );
  }

  test('ends with the last change of every key, whatever goes wrong with requests', async () => {
    await using proxy = await startAlternatorProxy({
      upstream: inject('services').target,
      skewsMs: [0, 100, -100],
    });
    await using subject = await proxied(proxy, bounds);
    const injected = [
      faults.errorAfterApply,
      faults.resetAfterApply,
      faults.errorAfterHalf,
      faults.throttled,
      late(500),
      late(500, 'reset'),
      faults.hangAfterApply,
    ];
    const wanted = await churn(subject, 10, (round) => {
      proxy.clearFaults();
      const fault = injected[round % injected.length]!;
      proxy.inject({ fault, operations: ['BatchWriteItem'], count: 1 });
    });
    proxy.clearFaults();
    await proxy.settled();
    expect(await found(subject)).toEqual(wanted);
    expect(proxy.overlaps).toBe(0);
  });

  test('goes on when a node is lost and returns, in order', async () => {
    await using proxy = await startAlternatorProxy({
      upstream: inject('services').target,
      skewsMs: [0, 120, -120],
    });
    await using subject = await proxied(proxy, bounds);
    const wanted = await churn(subject, 8, async (round) => {
      if (round === 2) await proxy.nodes[1]!.down();
      if (round === 6) await proxy.nodes[1]!.up();
    });
    await proxy.settled();
    expect(await found(subject)).toEqual(wanted);
    expect(proxy.log.flatMap(({ lost }) => lost ?? [])).toEqual([]);
    expect(new Set(proxy.log.map(({ node }) => node)).size).toBe(3);
  });

  test('behind a load balancer, spacing keeps the order', async () => {
    await using proxy = await startAlternatorProxy({
      upstream: inject('services').target,
      skewsMs: [110, -110],
    });
    await using balancer = await startBalancer(proxy.endpoints);
    const settings = { ...bounds, affinity: 'none', endpoints: [balancer.endpoint] };
    await using subject = await proxied(proxy, settings);
    const wanted = await churn(subject, 6, () => {});
    await proxy.settled();
    expect(await found(subject)).toEqual(wanted);
    expect(proxy.log.flatMap(({ lost }) => lost ?? [])).toEqual([]);
    expect(new Set(proxy.log.map(({ node }) => node)).size).toBe(2);
  });
});

/** Hands each request to the next node in turn. */
async function startBalancer(endpoints: readonly string[]) {
  let turn = 0;
  const server = createServer((incoming, outgoing) => {
    const { hostname, port } = new URL(endpoints[turn++ % endpoints.length]!);
    const { method, url: path, headers } = incoming;
    const forwarded = request({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
