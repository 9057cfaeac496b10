import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../connectors/config/errors.ts';
import { loadMigration } from '../../../migration/config/load.ts';
import { connectorNames, nameFor, topicsOf } from '../../../migration/config/names.ts';
import { parse, validText } from './migration-text.ts';

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'messina-config-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

describe('a valid migration file', () => {
  test('gets every default', () => {
    expect(parse(validText)).toMatchObject({
      name: 'music',
      source: {
        snapshot: {
          from: 'scan',
          slackSeconds: 10,
          segments: 4,
          readCapacity: 0.5,
          manifests: {},
          incremental: {},
        },
        changes: 'streams',
      },
      kafka: { topicPrefix: 'music', partitions: 12, topics: {} },
      target: {
        discovery: 'auto',
        affinity: 'node',
        serverTimeoutMs: 10_000,
        clockSkewMs: 1000,
        region: 'none',
        tables: {},
        tags: {},
        createTables: true,
        existing: 'refuse',
      },
      transforms: [],
      tasks: { source: 1, sink: 1 },
      deadLetters: { topic: 'music.dead-letters', tolerance: 'none' },
      ready: { lagSeconds: 10 },
    });
  });

  test('named exports wait 300 seconds of slack, as their clock is not ours', () => {
    const text = validText.replace(
      '{from: scan}',
      '{from: manifest, manifests: {Music: "file:///e/m.json"}}',
    );
    expect(parse(text).source.snapshot.slackSeconds).toBe(300);
  });

  test('the dead-letter topic follows the topic prefix', () => {
    const text = validText.replace('kafka:', 'kafka:\n  topicPrefix: live');
    expect(parse(text).deadLetters.topic).toBe('live.dead-letters');
  });

  test('names its topics and connectors as the interface says', () => {
    const migration = parse(validText.replace('kafka:', 'kafka:\n  topics: {Music: m}'));
    const topics = topicsOf(migration);
    expect(topics.snapshot('Music')).toBe('music.m.snapshot');
    expect(topics.changes('orders-1')).toBe('music.orders-1.changes');
    expect(topics.catalog).toBe('music.catalog');
    expect(connectorNames(migration)).toEqual({
      snapshot: 'music-snapshot',
      changes: 'music-changes',
      sink: 'music-alternator',
    });
    expect(connectorNames(parse(`${validText}  name: blue\n`)).sink).toBe('music-blue');
  });

  test('a table may be named like a property that every object has', () => {
    const text = validText.replace('[Music]', '[constructor, toString]');
    expect(nameFor(parse(text).kafka.topics, 'constructor')).toBe('constructor');
  });

  test('events only and a copy only are both migrations', () => {
    expect(parse(validText.replace('from: scan', 'from: none')).source.snapshot.from).toBe('none');
    expect(parse(validText.replace('source:', 'source:\n  changes: none')).source.changes).toBe('none');
  });

  test('may be JSON, and may use anchors', () => {
    const json = JSON.stringify(parse(validText), [
      'name',
      'source',
      'region',
      'tables',
      'snapshot',
      'from',
      'kafka',
      'brokers',
      'target',
      'type',
      'endpoints',
      '0',
    ]);
    expect(parse(json).name).toBe('music');
    const anchored = validText
      .replace('tables: [Music]', 'tables: &t [Music]')
      .replace('kafka:', 'kafka:\n  topics: {Music: music}');
    expect(parse(anchored).source.tables).toEqual(['Music']);
  });

  test('a table may be named like a number or a prototype', () => {
    const text = validText
      .replace('[Music]', "['2024', __proto__]")
      .replace('kafka:', 'kafka:\n  topics: {2024: y}');
    expect(parse(text).kafka.topics['2024']).toBe('y');
  });

  test('relative paths count from the folder of the file, and PEM text stays as it is', () => {
    expect(parse(`${validText}  ca: tls/ca.pem\n`, {}, '/etc/m').target).toMatchObject({
      ca: '/etc/m/tls/ca.pem',
    });
    const pem = '-----BEGIN CERTIFICATE-----';
    expect(parse(`${validText}  ca: '${pem}'\n`).target).toMatchObject({ ca: pem });
  });
});

describe('loadMigration', () => {
  test('reads a file, its placeholders from the environment and from files beside it', async () => {
    await using at = await folder();
    const file = join(at.path, 'music.yaml');
    await writeFile(join(at.path, 'secrets'), 'password = swordfish\n');
    await writeFile(
      file,
      validText.replace(
        'kafka:',
        "kafka:\n  partitions: ${env:PARTITIONS}\n  sasl: {mechanism: plain, username: '${env:WHO}', password: '${file:secrets:password}'}",
      ),
    );
    const migration = await loadMigration(file, { PARTITIONS: '6', WHO: '007' });
    expect(migration.path).toBe(file);
    expect(migration.kafka.partitions).toBe(6);
    expect(migration.kafka.sasl).toEqual({ mechanism: 'plain', username: '007', password: 'swordfish' });
  });

  test('refuses a file that is not there', async () => {
    await expect(loadMigration('/no/such/file.yaml', {})).rejects.toSatisfy(
      (error) => error instanceof ConfigError && error.problems[0]?.message === 'there is no such file',
    );
  });
});
