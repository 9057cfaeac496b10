import cassandra from 'cassandra-driver';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { faults, late, slow } from '../cql/faults.ts';
import { CqlProxy } from '../cql-proxy.ts';
import { cassandraClient, type TestServices, testServices } from '../services.ts';

const insert = 'INSERT INTO t (id, note, tags) VALUES (?, ?, ?) USING TIMESTAMP ?';
const dialectQuery =
  "SELECT table_name FROM system_schema.tables WHERE keyspace_name = 'system_schema' AND table_name = 'scylla_tables'";
/** By then the driver has come back, also on a busy machine. */
const BACK_MS = 30_000;
const { errors } = cassandra;
const { FallthroughRetryPolicy } = cassandra.policies.retry;
const prepared = { prepare: true, retry: new FallthroughRetryPolicy() };

let services: TestServices;
let proxy: CqlProxy;
let client: cassandra.Client;

beforeAll(async () => {
  services = await testServices();
  await services.cassandra.client.execute(
    'CREATE TABLE t (id int PRIMARY KEY, note text, tags map<text, text>)',
  );
  proxy = await CqlProxy.start(services.cassandra.contactPoint);
  client = cassandraClient(proxy.contactPoint, services.cassandra.keyspace);
});

beforeEach(async () => {
  proxy.faults.clear();
  await services.cassandra.client.execute('TRUNCATE t');
});

afterAll(async () => {
  await client.shutdown();
  await proxy[Symbol.asyncDispose]();
  await services[Symbol.asyncDispose]();
});

function put(id: number, timestamp = 1, options: cassandra.QueryOptions = {}): Promise<unknown> {
  const params = [id, 'a note', { a: 'b' }, cassandra.types.Long.fromNumber(timestamp)];
  return client.execute(insert, params, { ...prepared, ...options });
}

/** Which rows Cassandra itself has. */
async function idsIn(): Promise<number[]> {
  const { rows } = await services.cassandra.client.execute('SELECT id FROM t');
  return rows.map((row) => Number(row['id'])).sort((a, b) => a - b);
}

describe('a proxy that stands for ScyllaDB', () => {
  test('is found by its schema, and keeps its clients to itself', async () => {
    expect((await client.execute(dialectQuery, [], prepared)).rows).toHaveLength(1);
    expect(client.hosts.keys()).toEqual([proxy.contactPoint]);
    expect((await services.cassandra.client.execute(dialectQuery)).rows).toHaveLength(0);
    await using plain = await CqlProxy.start(services.cassandra.contactPoint, { dialect: 'cassandra' });
    const other = cassandraClient(plain.contactPoint);
    expect((await other.execute(dialectQuery)).rows).toHaveLength(0);
    await other.shutdown();
  });

  test('takes its own words in statements, and tells what the client wrote', async () => {
    const own = [
      `CREATE KEYSPACE ${services.name}b WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1} AND tablets = {'enabled': true}`,
      `CREATE TABLE ${services.name}b."Own" (id int PRIMARY KEY) WITH comment = 'x' AND tombstone_gc = {'mode': 'disabled'} AND tablets = {'min_tablet_count': 8}`,
      `SELECT * FROM ${services.name}b."Own" WHERE token(id) > 0 BYPASS CACHE`,
    ];
    for (const statement of own) {
      await client.execute(statement);
      expect(proxy.statements).toContainEqual(expect.objectContaining({ kind: 'query', text: statement }));
    }
    await client.execute(own[2]!, [], prepared);
    expect(proxy.statements).toContainEqual(expect.objectContaining({ kind: 'execute', text: own[2] }));
    await expect(services.cassandra.client.execute(own[2]!)).rejects.toThrow(/BYPASS/);
  });

  test('describes the tombstone mode of a table', async () => {
    const describing = async (options: cassandra.QueryOptions) => {
      const { rows } = await client.execute(`DESCRIBE TABLE ${services.cassandra.keyspace}.t`, [], options);
      return /tombstone_gc = \{'mode': '(\w+)'/.exec(String(rows[0]?.['create_statement']))?.[1];
    };
    expect(await describing({})).toBe('timeout');
    const table = `"${services.cassandra.keyspace}"."t"`;
    await client.execute(`ALTER TABLE ${table} WITH tombstone_gc = {'mode': 'disabled'}`);
    expect([await describing({}), await describing(prepared)]).toEqual(['disabled', 'disabled']);
  });

  test('refuses timestamps more than three days ahead, wherever they stand', async () => {
    const microsAhead = (days: number) => (Date.now() + days * 86_400_000) * 1000;
    await put(1, microsAhead(2.9));
    await expect(put(2, microsAhead(3.1))).rejects.toMatchObject({
      code: 0x2200,
      message: /days into the future/,
    });
    const literal = `INSERT INTO t (id) VALUES (3) USING TTL 60 AND TIMESTAMP ${microsAhead(3.1)}`;
    await expect(client.execute(literal)).rejects.toThrow(/days into the future/);
    const params = [4, 'x', null, cassandra.types.Long.fromNumber(microsAhead(3.1))];
    await expect(client.batch([{ query: insert, params }], prepared)).rejects.toThrow(/into the future/);
    expect(await idsIn()).toEqual([1]);
    await expect(services.cassandra.client.execute(literal)).resolves.toBeDefined();
  });
});

describe('a fault', () => {
  test.each([
    ['overloaded', 0x1001, []],
    ['unavailable', 0x1000, []],
    ['rateLimit', 0x2300, []],
    ['rateLimitOfOwnCode', 0x4321, []],
    ['timeoutBeforeApply', 0x1100, []],
    ['timeoutAfterApply', 0x1100, [1]],
  ] as const)('%s is answered once, and tells nothing else than it should', async (name, code, ids) => {
    const rule = proxy.faults.next(faults[name]);
    await expect(put(1)).rejects.toMatchObject({ code });
    expect([await idsIn(), rule.hits]).toEqual([ids, 1]);
    await put(1);
    expect(await idsIn()).toEqual([1]);
  });

  test.each([
    ['lostBeforeApply', []],
    ['lostAfterApply', [1]],
  ] as const)('%s leaves the client waiting', async (name, ids) => {
    proxy.faults.next(faults[name]);
    // In time for Cassandra to write it, also on a busy machine.
    await expect(put(1, 1, { readTimeout: 2000 })).rejects.toBeInstanceOf(errors.OperationTimedOutError);
    expect(await idsIn()).toEqual(ids);
  });

  test.each([
    ['cutBeforeApply', []],
    ['cutAfterApply', [1]],
  ] as const)('%s ends the connection, and the client comes back', async (name, ids) => {
    proxy.faults.next(faults[name]);
    await expect(put(1)).rejects.toThrow();
    expect(await idsIn()).toEqual(ids);
    await expect.poll(() => put(2).then(() => idsIn()), { timeout: BACK_MS }).toEqual([...ids, 2]);
  });

  test('of a forgotten statement makes the driver prepare it again', async () => {
    await put(1);
    proxy.faults.next(faults.unprepared);
    await put(2);
    const kinds = proxy.statements
      .slice(proxy.statements.findIndex(({ fault }) => fault === faults.unprepared))
      .filter(({ text }) => text === insert)
      .map(({ kind }) => kind);
    // A node that came back is told all statements again, besides.
    expect(kinds.join(' ')).toMatch(/^execute( prepare)+ execute/);
    expect(await idsIn()).toEqual([1, 2]);
  });

  test('can delay a request, or its execution beyond its answer', async () => {
    proxy.faults.next(slow(200));
    const begunMs = performance.now();
    await put(1);
    expect(performance.now() - begunMs).toBeGreaterThan(190);
    // Long enough for a look before it, on a busy machine too.
    proxy.faults.next(late(2000));
    await expect(put(2)).rejects.toMatchObject({ code: 0x1100 });
    expect(await idsIn()).toEqual([1]);
    await proxy.settled();
    expect(await idsIn()).toEqual([1, 2]);
  });

  test('strikes the statements and the share of them that its rule names', async () => {
    proxy.faults.inject({ fault: faults.overloaded, statements: /^SELECT id FROM t/, after: 1, count: 1 });
    const select = () => client.execute('SELECT id FROM t', [], prepared);
    await put(1);
    await select();
    await expect(select()).rejects.toMatchObject({ code: 0x1001 });
    await select();
    const rule = proxy.faults.inject({ fault: faults.overloaded, probability: 0.5 });
    await Promise.allSettled(Array.from({ length: 100 }, (_, id) => put(id)));
    expect(rule.hits).toBeGreaterThan(20);
    expect(rule.hits).toBeLessThan(80);
  });

  test('of the power of the node is not told', async () => {
    await put(1);
    const open = proxy.connections;
    proxy.silence();
    await expect(put(2, 1, { readTimeout: 300 })).rejects.toBeInstanceOf(errors.OperationTimedOutError);
    expect([await idsIn(), proxy.connections]).toEqual([[1], open]);
    proxy.cut();
    await expect.poll(() => put(3).then(() => idsIn()), { timeout: BACK_MS }).toEqual([1, 3]);
  });

  test('of the node refuses connections until it is up again', async () => {
    await put(1);
    await proxy.down();
    await expect(put(2)).rejects.toThrow();
    expect(proxy.connections).toBe(0);
    await proxy.up();
    await expect.poll(() => put(3).then(() => idsIn()), { timeout: BACK_MS }).toEqual([1, 3]);
  });
});
