import { describe, expect, test } from 'vitest';
import { notBuiltCommands } from '../../../cli/not-built.ts';
import { version } from '../../../connectors/version.ts';
import { commands, run } from './command-line.ts';

describe('help', () => {
  test.each(['', ...commands])('of "messina %s" is as pinned', async (command) => {
    const { code, stdout, stderr } = await run(`${command} --help`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatchSnapshot();
  });

  test('the help command says the same', async () => {
    expect((await run('help migrate')).stdout).toBe((await run('migrate --help')).stdout);
  });

  test.each(['', '--json', '-q', 'help nosuch'])(
    'messina %s: the error says that a command is wanted',
    async (line) => {
      const { code, stdout, stderr } = await run(line);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(
        /^error: messina needs one of its commands \(USAGE\)\n {2}→ See `messina --help`/,
      );
    },
  );

  test('--version prints the version of the package', async () => {
    expect(await run('--version')).toMatchObject({ code: 0, stdout: `${version()}\n` });
    expect(version()).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe('what is not in this version is refused by name with exit 2', () => {
  test.each(notBuiltCommands)('messina %s', async (command) => {
    const { code, stdout, stderr } = await run(`${command} file.yaml --table T --help`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`messina ${command} is not in this version`);
  });

  test.each([['migrate f --dashboard 127.0.0.1:8080', '--dashboard 127.0.0.1:8080']])(
    'messina %s',
    async (line, flag) => {
      const { code, stderr, ran } = await run(line);
      expect({ code, ran }).toEqual({ code: 2, ran: [] });
      expect(stderr).toContain(`${flag} is not in this version`);
    },
  );

  test('but not what is: migrate f --dashboard off', async () => {
    expect((await run('migrate f --dashboard off')).ran).toHaveLength(1);
  });

  test('a command without an action is not in this version either', async () => {
    const { code, stderr } = await run('plan f', { plan: undefined });
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('messina plan is not'),
    });
  });
});
