import { expect, test, vi } from 'vitest';
import type { TaskContext } from '../../../connectors/connector.ts';
import type { WorkerBase } from '../../../connectors/worker/base.ts';
import type { ConfigScope } from '../../../connectors/worker/config-scope.ts';
import { startConnector } from '../../../connectors/worker/connector-start.ts';
import { JumpingClock } from '../sink/jumping-clock.ts';

const settings = vi.hoisted(() => ({ tasks: 1 }));

vi.mock('../../../connectors/worker/config-scope.ts', () => ({
  settingsOf: (_config: object, _scope: object, warn: (warning: string) => void) => {
    warn('taks.max is not known');
    return { type: 'sink', topics: ['p.T.changes'], plugin: { name: 'S' }, ...settings };
  },
}));

/** A connector as a worker starts it again and again; what it says in the log. */
function subject() {
  const said: string[] = [];
  const warn = (...args: readonly unknown[]) => said.push(String(args.at(-1)));
  const context = {
    log: { warn },
    clock: new JumpingClock(),
    signal: new AbortController().signal,
  } as unknown as TaskContext;
  const start = (config: Readonly<Record<string, string>>) =>
    startConnector(config, {} as WorkerBase, {} as ConfigScope, context);
  return { said, start };
}

test('what is doubtful in a configuration is said once, however often it is started', async () => {
  const { said, start } = subject();
  const config = { 'taks.max': '2' };
  for (let starts = 0; starts < 3; starts++) await start(config);
  expect(said).toEqual(['taks.max is not known']);
  await start({ ...config });
  expect(said).toHaveLength(2);
});

test('more tasks than there are ever made are said, and the others made', async () => {
  const { said, start } = subject();
  settings.tasks = 1001;
  const config = {};
  expect(await start(config)).toHaveLength(1000);
  await start(config);
  const told = said.filter((line) => line.startsWith('tasks.max 1001'));
  expect(told).toEqual([expect.stringContaining('makes 1000 tasks')]);
  settings.tasks = 1000;
  expect(await start({})).toHaveLength(1000);
  expect(said.filter((line) => line.startsWith('tasks.max'))).toHaveLength(1);
});
