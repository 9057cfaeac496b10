import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { confirm } from '../../../cli/confirm.ts';
import type { Session } from '../../../cli/session.ts';
import { memoryStream } from './command-line.ts';

function terminal(isTTY = true) {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const stderr = memoryStream();
  const stop = new AbortController();
  return { stdin, stderr, stop, session: { stdin, stderr, signal: stop.signal } as unknown as Session };
}

test.each([
  ['y', true],
  ['YES', true],
  ['', false],
  ['n', false],
  ['yep', false],
])('the answer "%s" is %s', async (answer, wanted) => {
  const { stdin, stderr, session } = terminal();
  const asked = confirm(session, 'Remove 3?');
  stdin.write(`${answer}\n`);
  expect(await asked).toBe(wanted);
  expect(stderr.written.join('')).toBe('Remove 3? [y/N] ');
});

test('an end of input is no', async () => {
  const { stdin, session } = terminal();
  const asked = confirm(session, 'Remove 3?');
  stdin.end();
  expect(await asked).toBe(false);
});

test('an interrupt ends the question', async () => {
  const { stop, session } = terminal();
  const asked = confirm(session, 'Remove 3?');
  stop.abort(new DOMException('Interrupted', 'AbortError'));
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
});

test('without a terminal nobody is asked', async () => {
  const { stderr, session } = terminal(false);
  expect(await confirm(session, 'Remove 3?')).toBe(null);
  expect(stderr.written).toEqual([]);
});
