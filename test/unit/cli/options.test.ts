import { describe, expect, test } from 'vitest';
import { exitCodes } from '../../../cli/exit.ts';
import type { GlobalOptions } from '../../../cli/global-options.ts';
import { run } from './command-line.ts';

const load = {
  file: 'f',
  table: 'A',
  endpoint: null,
  region: null,
  createTable: false,
  allowExisting: false,
  seed: 1,
  shape: 'mixed',
  paddingBytes: 0,
  items: null,
  from: 0,
  workload: null,
};
const writes = { keys: 1000, hotKeys: 50, rate: 50, mix: null, operations: null, seconds: null };

describe('options of commands', () => {
  test.each([
    ['migrate f', { file: 'f', until: null, sinksOnly: false, newSnapshots: [] }],
    [
      'migrate f --until ready --sinks-only',
      { file: 'f', until: 'ready', sinksOnly: true, newSnapshots: [] },
    ],
    [
      'migrate f --new-snapshot A --new-snapshot B',
      { file: 'f', until: null, sinksOnly: false, newSnapshots: ['A', 'B'] },
    ],
    ['migrate --until loaded f', { file: 'f', until: 'loaded', sinksOnly: false, newSnapshots: [] }],
    ['plan f', { file: 'f', connectors: false }],
    ['plan f --connectors', { file: 'f', connectors: true }],
    ['source', { config: null }],
    ['sink worker.yaml', { config: 'worker.yaml' }],
    ['status f', { file: 'f', wait: null, timeoutSeconds: null }],
    ['status f --wait ready --timeout 1.5', { file: 'f', wait: 'ready', timeoutSeconds: 1.5 }],
    [
      'verify f',
      {
        file: 'f',
        against: null,
        tables: [],
        sampleFraction: 1,
        keysFile: null,
        reportFile: null,
        showKeys: false,
        repair: false,
      },
    ],
    [
      'verify f --against topics --table A --table B --sample .25 --keys k --report r --show-keys --repair',
      {
        file: 'f',
        against: 'topics',
        tables: ['A', 'B'],
        sampleFraction: 0.25,
        keysFile: 'k',
        reportFile: 'r',
        showKeys: true,
        repair: true,
      },
    ],
    ['replay f', { file: 'f', from: { at: 'snapshot' }, tables: [], recreate: false }],
    [
      'replay f --from 2026-11-21T01:00:00+01:00 --table A --recreate --yes',
      { file: 'f', from: { at: 'time', timeMs: Date.UTC(2026, 10, 21) }, tables: ['A'], recreate: true },
    ],
    ['cleanup f', { file: 'f', yes: false, keepSource: false }],
    ['cleanup f --yes --keep-source', { file: 'f', yes: true, keepSource: true }],
    ['load f --table A --items 5', { ...load, items: 5 }],
    [
      'load f --table A --items 5 --from 7 --rate 9',
      { ...load, items: 5, from: 7, workload: { ...writes, keys: 12, rate: 9 } },
    ],
    ['load f --table A --operations 8', { ...load, workload: { ...writes, operations: 8 } }],
    [
      'load --table A --endpoint http://x --region r --create-table --allow-existing --seconds 1.5 --keys 4 --hot-keys 2 ' +
        '--mix delete=1,put=2 --seed 0 --shape small --item-bytes 99',
      {
        ...load,
        file: null,
        endpoint: 'http://x',
        region: 'r',
        createTable: true,
        allowExisting: true,
        seed: 0,
        shape: 'small',
        paddingBytes: 99,
        workload: {
          ...writes,
          keys: 4,
          hotKeys: 2,
          mix: { put: 2, update: 0, replace: 0, delete: 1 },
          seconds: 1.5,
        },
      },
    ],
    ['infer f --table A', { file: 'f', table: 'A', itemsMax: 10_000, output: null, force: false }],
    [
      'infer f --table A --items 5 -o m.yaml --force',
      { file: 'f', table: 'A', itemsMax: 5, output: 'm.yaml', force: true },
    ],
    ['export f --table A --to file:///tmp/x', { file: 'f', table: 'A', to: 'file:///tmp/x' }],
    [
      'topic f --table A --kind changes --from 3:17 --max 5 --follow',
      {
        file: 'f',
        table: 'A',
        kind: 'changes',
        from: { at: 'offset', partition: 3, offset: 17n },
        recordsMax: 5,
        follow: true,
      },
    ],
    [
      'topic f --table A --kind snapshot --from 2026-11-21',
      {
        file: 'f',
        table: 'A',
        kind: 'snapshot',
        from: { at: 'time', timeMs: Date.UTC(2026, 10, 21) },
        recordsMax: null,
        follow: false,
      },
    ],
    [
      'dead-letters f list',
      {
        file: 'f',
        what: 'list',
        reason: null,
        tables: [],
        everybodys: false,
        lettersMax: 100,
        showKeys: false,
      },
    ],
    [
      'dead-letters f show --reason RECORD_REFUSED --table A --all --max 5 --show-keys',
      {
        file: 'f',
        what: 'show',
        reason: 'RECORD_REFUSED',
        tables: ['A'],
        everybodys: true,
        lettersMax: 5,
        showKeys: true,
      },
    ],
    ['demo --items 10 --rate 5 --keep', { target: 'alternator', items: 10, changesPerSecond: 5, keep: true }],
    ['demo --target both', { target: 'both', items: null, changesPerSecond: null, keep: false }],
  ])('messina %s', async (line, options) => {
    const { code, ran } = await run(line);
    expect(code).toBe(0);
    expect(ran).toEqual([[line.split(' ')[0], options]]);
  });

  test('a time without a zone is UTC', async () => {
    const { ran } = await run('replay f --from 2026-11-21T01:00:00');
    expect(ran[0]?.[1]).toMatchObject({ from: { timeMs: Date.UTC(2026, 10, 21, 1) } });
  });

  test.each([
    '',
    'migrat f',
    'migrate',
    'migrate f g',
    'migrate f --until done',
    'migrate f --unti ready',
    'status f --timeout soon',
    'verify f --sample 0',
    'verify f --sample 2',
    'replay f --from yesterday',
    'replay f --recreate',
    'export f --table A --to /tmp/x',
    'export f --to file:///tmp/x',
    'topic f --table A',
    'topic f --table A --kind rows',
    'topic f --table A --kind changes --max 0',
    'topic f --table A --kind changes --from 3:x',
    'dead-letters f',
    'dead-letters f forget',
    'load f',
    'load f --items 5',
    'load f --table A',
    'load f --table A --items 5 --region r',
    'load --table A --items 0',
    'load f --table A --operations 5 --mix put=0',
    'load f --table A --operations 5 --mix puts=1',
    'cleanup',
    'demo --items many',
    'demo --target dynamodb',
    'plan f --log-level loud',
    '--json',
  ])('"messina %s" is refused with exit 2 and one block', async (line) => {
    const { code, stdout, stderr, ran } = await run(line);
    expect({ code, stdout, ran }).toEqual({ code: 2, stdout: '', ran: [] });
    expect(stderr).toMatch(/^error: .+ \(USAGE\)\n( {2}.+\n)*$/);
  });
});

describe('global options', () => {
  async function globalsOf(line: string): Promise<GlobalOptions | undefined> {
    let globals: GlobalOptions | undefined;
    await run(line, {
      plan: async (session) => {
        globals = session.globals;
        return exitCodes.done;
      },
    });
    return globals;
  }

  test('have their defaults', async () => {
    expect(await globalsOf('plan f')).toEqual({
      json: false,
      logLevel: 'info',
      logFormat: 'pretty',
      color: false,
      quiet: false,
    });
  });

  test.each([
    '--json --log-level debug --log-format json --no-color -q plan f',
    'plan --json --log-level debug f --log-format json --no-color --quiet',
  ])('stand before or after the command: %s', async (line) => {
    expect(await globalsOf(line)).toEqual({
      json: true,
      logLevel: 'debug',
      logFormat: 'json',
      color: false,
      quiet: true,
    });
  });

  test('quiet leaves warnings in the log', async () => {
    expect(await globalsOf('plan f -q')).toMatchObject({ logLevel: 'warn' });
  });
});
