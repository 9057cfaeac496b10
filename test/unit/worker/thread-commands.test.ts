import { expect, test } from 'vitest';
import { ConnectError } from '../../../connectors/errors.ts';
import type { TaskRunner } from '../../../connectors/worker/threads/task-runner.ts';
import { ThreadCommands } from '../../../connectors/worker/threads/thread-commands.ts';
import type { Report } from '../../../connectors/worker/threads/thread-messages.ts';

const order = { connector: 'c', task: 0, tasks: 1, config: {} };

/** A thread whose tasks cannot be stopped, as where a plugin's dispose throws. */
function subject(host: Partial<TaskRunner> = {}) {
  const reports: Report[] = [];
  const warnings: string[] = [];
  const ends: string[] = [];
  const fails = async () => {
    throw new Error('dispose fails');
  };
  const commands = new ThreadCommands({
    host: {
      start: () => {},
      stop: fails,
      errors: () => new Map(),
      [Symbol.asyncDispose]: fails,
      ...host,
    },
    loggers: { setLevel: () => null },
    log: { warn: (_: unknown, text?: string) => void warnings.push(text ?? '') } as never,
    metrics: fails,
    tell: (report) => reports.push(report),
    close: async () => void ends.push('closed'),
  });
  return { commands, reports, warnings, ends };
}

test('a task that does not stop cleanly is stopped all the same, and the thread lives on', async () => {
  const { commands, reports, warnings } = subject();
  await commands.obey({ type: 'start', order });
  await commands.obey({ type: 'stop', key: 'c-0' });
  expect(reports).toEqual([{ type: 'stopped', key: 'c-0' }]);
  expect(warnings).toEqual(['the task did not stop cleanly']);
});

test('a thread whose tasks do not stop cleanly is closed all the same', async () => {
  const { commands, warnings, ends } = subject();
  await commands.obey({ type: 'close' });
  expect([ends, warnings.length]).toEqual([['closed'], 1]);
});

test('metrics that fail are none: who asked is answered', async () => {
  const { commands, reports } = subject();
  await commands.obey({ type: 'metrics' });
  expect(reports).toEqual([{ type: 'metrics', snapshot: [] }]);
});

test('errors of a task are told once, and when they are gone; of one that was stopped nothing is', async () => {
  let errors: ReadonlyMap<string, ConnectError> = new Map();
  const { commands, reports } = subject({ errors: () => errors });
  await commands.obey({ type: 'start', order });
  commands.look();
  errors = new Map([['T', new ConnectError('UNEXPECTED', 'no')]]);
  commands.look();
  commands.look();
  errors = new Map();
  commands.look();
  await commands.obey({ type: 'stop', key: 'c-0' });
  errors = new Map([['T', new ConnectError('UNEXPECTED', 'no')]]);
  commands.look();
  const told = reports.map((report) => (report.type === 'errors' ? report.errors.length : report.type));
  expect(told).toEqual([1, 0, 'stopped']);
});
