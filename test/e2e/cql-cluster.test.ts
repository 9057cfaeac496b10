import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import cassandra from 'cassandra-driver';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../connectors/clock.ts';
import type { TaskContext } from '../../connectors/connector.ts';
import type { ConnectError } from '../../connectors/errors.ts';
import { type CassandraService, startCassandra } from '../../local/cassandra.ts';
import { freePorts } from '../../local/ports.ts';
import type { CqlColumn, CqlTable } from '../../schemas/cql/table-mapping.ts';
import type { CqlType, NativeTypeName } from '../../schemas/cql/type.ts';
import { Cluster } from '../../sink/cql/cluster.ts';
import { cqlError, verdictOf } from '../../sink/cql/faults.ts';
import { findTable } from '../../sink/cql/found-table.ts';
import { type CqlOptions, cqlOptions } from '../../sink/cql/options.ts';
import { cellsOf } from '../../sink/cql/raw-cells.ts';
import {
  deleteText,
  insertText,
  selectRangeText,
  selectText,
  selectTimesText,
} from '../../sink/cql/statements.ts';
import { dropTable, inspectTable, makeTable, planTable } from '../../sink/cql/table.ts';
import { createMusicTable } from '../../workload/table.ts';
import { testServices } from '../services.ts';
import { sourceTable } from './harness/bad-case.ts';
import { expectExit, messina } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { certificate, joined, listening } from './harness/sockets.ts';

const PASSWORD = 'cassandra';
const context: TaskContext = {
  log: pino({ level: 'silent' }),
  clock: systemClock,
  signal: new AbortController().signal,
};

let service: CassandraService;

beforeAll(async () => {
  service = await startCassandra({ authenticator: true });
  await using cluster = await Cluster.open(options(), context);
  await cluster.changeSchema(
    `CREATE KEYSPACE messina WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1}`,
  );
});

afterAll(async () => {
  await service[Symbol.asyncDispose]();
});

function options(more: Readonly<Record<string, unknown>> = {}): CqlOptions {
  const base = {
    contactPoints: [service.contactPoint],
    keyspace: 'messina',
    username: 'cassandra',
    password: PASSWORD,
    consistency: 'one',
  };
  return cqlOptions.parse({ ...base, ...more });
}

async function failureOf(step: Promise<unknown>): Promise<ConnectError> {
  return (await step.then(
    () => expect.fail('nothing was thrown'),
    (error: unknown) => error,
  )) as ConnectError;
}

const open = (more: Readonly<Record<string, unknown>> = {}) => Cluster.open(options(more), context);
const native = (name: NativeTypeName): CqlType => ({ kind: 'native', name });
const column = (name: string, type: CqlType): CqlColumn => ({ name, type });
const text = native('text');

const fields = [
  { name: 'Street', type: text },
  { name: 'no', type: native('int') },
];
const address: CqlType = { kind: 'udt', frozen: true, name: 'Ad"dress', fields };

function tableOf(name: string, more: Partial<CqlTable> = {}): CqlTable {
  return {
    name,
    partitionKey: [column('Pk', text), column('pk 2', native('decimal'))],
    clusteringKey: [column('select', native('blob'))],
    columns: [
      column('ümläut "q"', native('timestamp')),
      column('__proto__', { kind: 'set', frozen: false, element: text }),
      column('home', address),
      column('pair', { kind: 'tuple', elements: [text, native('varint')] }),
      column('rest', { kind: 'map', frozen: true, key: text, value: text }),
    ],
    types: [{ name: 'Ad"dress', fields }],
    options: 'CLUSTERING ORDER BY ("select" DESC)',
    ...more,
  };
}

describe('a cluster', () => {
  test('that asks for a password is opened with it, and says what is wrong without it', async () => {
    await using cluster = await open();
    expect(cluster.dialect).toBe('cassandra');
    expect(cluster.dataCenters).toEqual(new Map([['datacenter1', 1]]));
    const wrong = await failureOf(open({ password: 'not-the-password' }));
    expect(wrong.code).toBe('TARGET_ACCESS_DENIED');
    expect(wrong.message).toContain('"cassandra"');
    expect(`${wrong.message} ${JSON.stringify(wrong)}`).not.toContain('not-the-password');
    const without = cqlOptions.parse({ contactPoints: [service.contactPoint], keyspace: 'messina' });
    const none = await failureOf(Cluster.open(without, context));
    expect(none).toMatchObject({ code: 'TARGET_ACCESS_DENIED' });
    expect(none.message).toContain('target.username');
  });

  test('that cannot be reached is named as the user named it', async () => {
    const [free] = await freePorts(1);
    const nobody = await failureOf(open({ contactPoints: [`localhost:${free}`] }));
    expect(nobody.code).toBe('TARGET_UNREACHABLE');
    expect(nobody.message).toMatch(new RegExp(`localhost:${free} .*ECONNREFUSED`));
    const unknown = await failureOf(open({ contactPoints: ['no-such-node.invalid'] }));
    expect(unknown).toMatchObject({ code: 'TARGET_UNREACHABLE' });
    expect(unknown.message).toContain('no-such-node.invalid:9042');
    await using cluster = await open({ contactPoints: [`127.0.0.1:${free}`, service.contactPoint] });
    expect(cluster.dialect).toBe('cassandra');
  });

  test('with another password than that of the file refuses plan and migrate, which do not repeat it', async () => {
    await using services = await testServices();
    await createMusicTable(sourceTable(services));
    const password = 'not-the-password';
    const target = { contactPoints: [service.contactPoint], keyspace: 'messina', username: 'cassandra' };
    await using file = await migrationFile(services, {
      tables: ['Music'],
      source: { changes: 'none' },
      target: { type: 'cql', ...target, password },
    });
    const [plan, migrate] = await Promise.all(
      ['plan', 'migrate'].map((command) => expectExit(messina(command, file.path), 4)),
    );
    for (const said of [plan!.stdout, migrate!.stderr]) {
      expect(said).toMatch(/"cassandra".*\(TARGET_ACCESS_DENIED\)\n[^→]*→ Correct the target credentials/);
      expect(said).not.toContain(password);
    }
  });

  test('whose connection hangs is given up when the task stops', async () => {
    await using silent = await listening(createServer());
    const stop = new AbortController();
    const opening = Cluster.open(options({ contactPoints: [`127.0.0.1:${silent.port}`] }), {
      ...context,
      signal: stop.signal,
    });
    await silent.accepted;
    stop.abort(new Error('stopped'));
    expect((await failureOf(opening)).message).toBe('stopped');
  });

  test('without the data centre that is asked for names those it has', async () => {
    const error = await failureOf(open({ localDataCenter: 'dc9' }));
    expect(error.code).toBe('TARGET_DATACENTER');
    expect(error.message).toContain('"dc9"');
    expect(error.message).toContain('"datacenter1"');
    await using cluster = await open({ localDataCenter: 'datacenter1' });
    expect(cluster.dataCenters.size).toBe(1);
  });

  test('without the keyspace gives the statement that makes it', async () => {
    await using cluster = await open({ keyspace: 'Messina' });
    const error = await failureOf(inspectTable(cluster, tableOf('T'), options(), true, context));
    expect(error).toMatchObject({ code: 'TARGET_KEYSPACE_MISSING', exit: 4 });
    expect(error.message).toContain('there is "messina"');
    const statement = /CREATE KEYSPACE .*(?=;)/.exec(error.message)![0];
    await cluster.changeSchema(statement);
    expect(await inspectTable(cluster, tableOf('T'), options(), true, context)).toBeNull();
  });
});

describe('a node', () => {
  test('with TLS is served when its certificate is trusted, whatever name it is for', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'messina-tls-'));
    const { pfx, ca } = certificate(directory);
    const upstream = portOf(service.contactPoint);
    await using secure = await listening(
      createTlsServer({ pfx, passphrase: 'password' }, (socket) =>
        joined(socket, connect(upstream, '127.0.0.1')),
      ),
    );
    const contactPoints = [`localhost:${secure.port}`];
    await using cluster = await open({ contactPoints, tls: { ca } });
    expect(cluster.dialect).toBe('cassandra');
    const untrusted = await failureOf(open({ contactPoints, tls: {} }));
    expect(untrusted).toMatchObject({ code: 'TARGET_UNREACHABLE' });
    expect(untrusted.message).toMatch(/self.signed/);
    const missing = await failureOf(open({ contactPoints, tls: { ca: join(directory, 'none.pem') } }));
    expect(missing.message).toContain('target.tls.ca');
    await using lax = await open({ contactPoints, tls: { rejectUnauthorized: false } });
    expect(lax.dialect).toBe('cassandra');
    rmSync(directory, { recursive: true });
  });

  test('that another one tells of is reached where its address is translated to, unless discovery is off', async () => {
    await using admin = await open();
    const [local] = await admin.query('SELECT schema_version FROM system.local');
    const peer = `INSERT INTO system.peers (peer, rpc_address, data_center, rack, host_id, release_version, schema_version, tokens)
      VALUES ('10.9.8.7', '10.9.8.7', 'datacenter1', 'rack1', uuid(), '5.0.9', ${local!['schema_version']}, {'100'})`;
    await admin.client.execute(peer);
    try {
      await using other = await listening(
        createServer((socket) => joined(socket, connect(portOf(service.contactPoint), '127.0.0.1'))),
      );
      const addressTranslation = { '10.9.8.7': `127.0.0.1:${other.port}` };
      await using both = await open({ addressTranslation });
      await other.accepted;
      expect(both.dataCenters).toEqual(new Map([['datacenter1', 2]]));
      const seen = other.count();
      await using one = await open({ addressTranslation, discovery: 'off' });
      for (let i = 0; i < 4; i++) await one.query('SELECT key FROM system.local');
      expect(other.count()).toBe(seen);
    } finally {
      await admin.client.execute(`DELETE FROM system.peers WHERE peer = '10.9.8.7'`);
    }
  });
});

describe('a target table', () => {
  test('is created with odd names, is found again as it is wanted, and keeps its tombstones', async () => {
    await using cluster = await open();
    const table = tableOf('Odd');
    const plan = await planTable(cluster, table, options(), true, context);
    expect(plan).toMatchObject({ exists: false });
    expect(plan.statements).toHaveLength(3);
    expect(await makeTable(cluster, table, options(), true, context)).toEqual({ gc_grace_seconds: '864000' });
    expect(await makeTable(cluster, table, options(), true, context)).toEqual({});
    expect((await findTable(cluster, 'Odd'))?.tombstones).toEqual({ gc_grace_seconds: '31536000' });
    // What ScyllaDB's mode is read from.
    const [described] = await cluster.query('DESCRIBE TABLE messina."Odd"');
    expect(described!['create_statement']).toMatch(/AND gc_grace_seconds = 31536000\b/);
    expect(await planTable(cluster, table, options(), true, context)).toEqual({
      exists: true,
      statements: [],
    });
  });

  test('takes and gives back rows as bytes, of its own clients only', async () => {
    await using cluster = await open();
    const table = tableOf('Bytes');
    await makeTable(cluster, table, options(), true, context);
    const { client, keyspace, reads, writes } = cluster;
    const int64 = (value: bigint) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64BE(value);
      return bytes;
    };
    const key = [Buffer.from('a'), Buffer.from('0000000105', 'hex'), Buffer.from('ff', 'hex')];
    // A timestamp beyond what a Date holds; a set of 'x' and ''; no home; a pair; an empty map.
    const set = Buffer.from('00000002000000000000000178', 'hex');
    const pair = Buffer.from('0000000178ffffffff', 'hex');
    const values = [...key, int64(2n ** 62n), set, null, pair, Buffer.from('00000000', 'hex')];
    const version = int64(1_700_000_000_000_000n);
    await client.execute(insertText(keyspace, table, false), [...values, version], writes);
    const read = await client.execute(selectText(keyspace, table), key, reads);
    expect(read.rows.map((row) => cellsOf(row, 8))).toEqual([values]);
    const range = [int64(-(2n ** 63n)), int64(2n ** 63n - 1n)];
    const all = await client.execute(selectRangeText(keyspace, table, 'cassandra'), range, reads);
    expect(all.rows.map((row) => cellsOf(row, 8))).toEqual([values]);
    const timed = await client.execute(selectTimesText(keyspace, table), key, reads);
    expect(cellsOf(timed.rows[0]!, 12).slice(8)).toEqual([version, null, version, version]);
    const full = await failureOf(inspectTable(cluster, table, options(), true, context));
    expect(full.code).toBe('TARGET_NOT_EMPTY');
    await inspectTable(cluster, table, options({ existing: 'keep' }), true, context);
    await inspectTable(cluster, table, options(), false, context);
    // Older than the row: it stays. As old as it: it goes (a tombstone wins a tie).
    await client.execute(deleteText(keyspace, table), [int64(1n), ...key], writes);
    expect((await client.execute(selectText(keyspace, table), key, reads)).rows).toHaveLength(1);
    await client.execute(deleteText(keyspace, table), [version, ...key], writes);
    expect((await client.execute(selectText(keyspace, table), key, reads)).rows).toHaveLength(0);
    const ttl = Buffer.from('00000e10', 'hex');
    await client.execute(
      insertText(keyspace, table, true),
      [...values, int64(1_800_000_000_000_000n), ttl],
      writes,
    );
    const plain = new cassandra.Client({
      contactPoints: [service.contactPoint],
      localDataCenter: 'datacenter1',
      credentials: { username: 'cassandra', password: PASSWORD },
    });
    const decoded = await plain.execute('SELECT "Pk", TTL(pair) AS ttl FROM messina."Bytes"');
    expect(decoded.rows[0]!['Pk']).toBe('a');
    expect(decoded.rows[0]!['ttl']).toBeGreaterThan(3500);
    await plain.shutdown();
  });

  test('that differs is refused with all differences, and touched in nothing', async () => {
    await using cluster = await open();
    await makeTable(cluster, tableOf('Differs'), options(), true, context);
    const [pk, ...others] = tableOf('Differs').columns;
    const key = await failureOf(
      inspectTable(
        cluster,
        tableOf('Differs', { partitionKey: [column('Pk', text)], clusteringKey: [] }),
        options(),
        true,
        context,
      ),
    );
    expect(key).toMatchObject({ code: 'TARGET_SCHEMA', exit: 4 });
    expect(key.message).toContain(
      'its partition key is ("Pk" text, "pk 2" decimal), that of the mapping ("Pk" text)',
    );
    const columns = [{ ...pk!, type: native('bigint') }, ...others, column('new', text)];
    const other = tableOf('Differs', { columns, types: [{ name: 'Ad"dress', fields: [fields[0]!] }] });
    const { message } = await failureOf(inspectTable(cluster, other, options(), true, context));
    expect(message).toContain('column "ümläut "q"" is timestamp, the mapping makes it bigint');
    expect(message).toContain('column "new" (text) is missing');
    expect(message).toContain(
      'type "Ad"dress" has the fields ("Street" text, "no" int), the mapping ("Street" text)',
    );
    await inspectTable(cluster, tableOf('Differs', { columns: others }), options(), true, context);
    const absent = await failureOf(
      inspectTable(cluster, tableOf('Absent'), options({ createTables: false }), true, context),
    );
    expect(absent.code).toBe('TARGET_TABLE_MISSING');
    const name = await failureOf(inspectTable(cluster, tableOf('my-table'), options(), true, context));
    expect(name.message).toContain('into.table');
    const vanishing = tableOf('Vanishing', { options: 'default_time_to_live = 60' });
    const refused = await failureOf(makeTable(cluster, vanishing, options(), true, context));
    expect(refused.message).toContain('default_time_to_live is 60');
  });

  test('is dropped with what has changed in its types, and writes into it say that it is gone', async () => {
    await using cluster = await open({ keyspace: 'dropping' });
    await cluster.changeSchema(
      `CREATE KEYSPACE dropping WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1}`,
    );
    const table = tableOf('Gone');
    await makeTable(cluster, table, options(), true, context);
    const statement = deleteText(cluster.keyspace, table);
    const params = [
      Buffer.alloc(8),
      Buffer.from('a'),
      Buffer.from('0000000105', 'hex'),
      Buffer.from('ff', 'hex'),
    ];
    await cluster.execute(statement, params, cluster.writes);
    await dropTable(cluster, table, context);
    const gone = await failureOf(cluster.execute(statement, params, cluster.writes));
    expect(verdictOf(gone)).toBe('broken');
    expect(cqlError(gone, 'Gone')).toMatchObject({ code: 'TARGET_TABLE_MISSING' });
    const renamed = [{ name: 'road', type: text }];
    const changed = tableOf('Gone', {
      types: [{ name: 'Ad"dress', fields: renamed }],
      columns: [column('home', { kind: 'udt', frozen: true, name: 'Ad"dress', fields: renamed })],
    });
    await dropTable(cluster, changed, context);
    expect(await makeTable(cluster, changed, options(), true, context)).toEqual({
      gc_grace_seconds: '864000',
    });
  });

  test('that the user may not create or write is refused as such', async () => {
    await using admin = await open();
    await admin.changeSchema(`CREATE ROLE reader WITH PASSWORD = 'reader' AND LOGIN = true`);
    await admin.changeSchema('GRANT SELECT ON KEYSPACE messina TO reader');
    await using cluster = await open({ username: 'reader', password: 'reader' });
    const refused = await failureOf(makeTable(cluster, tableOf('Denied'), options(), true, context));
    expect(refused.code).toBe('TARGET_ACCESS_DENIED');
  });
});

function portOf(contactPoint: string): number {
  return Number(contactPoint.split(':')[1]);
}
