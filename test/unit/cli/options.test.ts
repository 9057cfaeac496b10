import { describe, expect, test } from 'vitest';
import { exitCodes } from '../../../cli/exit.ts';
import type { GlobalOptions } from '../../../cli/global-options.ts';
import { run } from './command-line.ts';

describe('options of commands', () => {
  test.each([
    ['migrate f', { file: 'f', until: null, sinksOnly: false }],
    ['migrate f --until ready --sinks-only', { file: 'f', until: 'ready', sinksOnly: true }],
    ['migrate --until loaded f', { file: 'f', until: 'loaded', sinksOnly: false }],
    ['plan f', { file: 'f' }],
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
      },
    ],
    [
      'verify f --against topics --table A --table B --sample .25 --keys k --report r --show-keys',
      {
        file: 'f',
        against: 'topics',
        tables: ['A', 'B'],
        sampleFraction: 0.25,
        keysFile: 'k',
        reportFile: 'r',
        showKeys: true,
      },
    ],
    ['replay f', { file: 'f', from: { at: 'snapshot' }, tables: [], recreate: false }],
    [
      'replay f --from 2026-11-21T01:00:00+01:00 --table A --recreate --yes',
      { file: 'f', from: { at: 'time', timeMs: Date.UTC(2026, 10, 21) }, tables: ['A'], recreate: true },
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
    ['demo --items 10 --rate 5 --keep', { items: 10, changesPerSecond: 5, keep: true }],
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
    'demo --items many',
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
