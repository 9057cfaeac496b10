import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Actions } from '../../../cli/command-options.ts';
import { exitCodes } from '../../../cli/exit.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import { run } from './command-line.ts';

const throwing = (error: unknown): Actions => ({
  plan: async () => {
    throw error;
  },
});

describe('exit codes', () => {
  test.each([
    ['what was found and refused', new ConnectError('SOURCE_DATA_GAP', 'The stream lost records'), 4],
    ['a halt', new ConnectError('EXPORT_CHECKSUM', 'md5 differs'), 1],
    ['a defect', new TypeError('x is not a function'), 1],
    ['an interrupt before the end', new DOMException('Interrupted', 'AbortError'), 130],
  ])('%s', async (_, error, expected) => {
    expect((await run('plan f', throwing(error))).code).toBe(expected);
  });

  test('an action says its own', async () => {
    expect((await run('verify f', { verify: async () => exitCodes.differences })).code).toBe(3);
  });

  test('a migration file that cannot be used', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'messina-exit-'));
    const file = join(folder, 'music.yaml');
    writeFileSync(file, 'name: music\nsorce: {}\n');
    const load: Actions = {
      plan: async (session, { file: path }) => {
        await session.load(path);
        return exitCodes.done;
      },
    };
    const { code, stderr, stdout } = await run(`plan ${file} --json`, load);
    rmSync(folder, { recursive: true });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.replaceAll(folder, '')).toMatchInlineSnapshot(`
      "error: /music.yaml has 4 problems (CONFIG_INVALID)
        /music.yaml:1:1  source is missing
          → The DynamoDB tables to move, and how they are read.
        /music.yaml:1:1  kafka is missing
          → The Kafka cluster that keeps the original, and the names of its topics.
        /music.yaml:1:1  target is missing
          → See the reference of the file.
        /music.yaml:2:1  sorce is not a known key
          → Did you mean "source"?
      "
    `);
  });
});

describe('an error', () => {
  const error = new ConnectError('EXPORT_CHECKSUM', 'The md5 of the file differs', {
    cause: new Error('inner'),
    detail: { table: 'Music', file: 'a.json.gz' },
  });

  test('is one block: what happened, its code, where, what to do', async () => {
    expect((await run('plan f', throwing(error))).stderr).toMatchInlineSnapshot(`
      "error: The md5 of the file differs (EXPORT_CHECKSUM)
        table: Music
        file: a.json.gz
        → Put the right file in its place and start again; or begin anew from another export, under another \`name\`.
      "
    `);
  });

  test('shows its stack, and its cause’s, only with --log-level debug', async () => {
    expect((await run('plan f', throwing(error))).stderr).not.toMatch(/\bat .*\.ts/);
    const { stderr } = await run('plan f --log-level debug', throwing(error));
    expect(stderr).toMatch(/\bat .*exit\.test\.ts/);
    expect(stderr).toContain('Error: inner');
    expect(stderr.match(/^error/gm)).toHaveLength(1);
  });

  test('leaves stdout to JSON', async () => {
    expect((await run('plan f --json', throwing(error))).stdout).toBe('');
  });

  test('nobody classified asks for a report', async () => {
    expect((await run('plan f', throwing('odd'))).stderr).toContain('UNEXPECTED');
  });
});
