import { describe, expect, test } from 'vitest';
import { away, bad, task, taskWorld } from './task-world.ts';

describe('the tasks of a worker', () => {
  test('run and say so; those that are as they were go on undisturbed', async () => {
    await using world = taskWorld();
    const { tasks, runner, settled, stateOf, status } = world;
    tasks.set([task(0), task(1, { paused: true })]);
    await settled();
    tasks.set([task(0), task(1, { paused: true })]);
    await settled();
    expect(runner.steps).toEqual(['start c-0 of 2']);
    expect([stateOf('c-0'), stateOf('c-1')]).toEqual(['RUNNING', 'PAUSED']);
    expect(status.said('status-task-c-0')?.worker_id).toBe('me');
    expect(tasks.states()).toEqual([
      { connector: 'c', task: 0, state: 'RUNNING' },
      { connector: 'c', task: 1, state: 'PAUSED' },
    ]);
  });

  test.each([
    ['its configuration', { config: { 'task.id': '0', x: '1' } }],
    ['the number of tasks (rule C3)', { tasks: 3 }],
    ['an epoch of its tables (rule C11)', { epochs: '2' }],
  ])('begin anew when %s changes', async (_, change) => {
    await using world = taskWorld();
    world.tasks.set([task(0)]);
    await world.settled();
    world.tasks.set([task(0, change)]);
    await world.settled();
    expect(world.runner.steps.map((step) => step.slice(0, 9))).toEqual([
      'start c-0',
      'stop c-0',
      'start c-0',
    ]);
  });

  test('are paused and go on, without being lost in between', async () => {
    await using world = taskWorld();
    const { tasks, settled, stateOf, runner } = world;
    tasks.set([task(0)]);
    await settled();
    tasks.set([task(0, { paused: true })]);
    await settled();
    expect([stateOf('c-0'), runner.running.size]).toEqual(['PAUSED', 0]);
    tasks.set([task(0)]);
    await settled();
    expect([stateOf('c-0'), runner.running.size]).toEqual(['RUNNING', 1]);
  });

  test('that go elsewhere are UNASSIGNED, unless the other worker was first to speak', async () => {
    await using world = taskWorld();
    const { tasks, settled, stateOf, status } = world;
    tasks.set([task(0), task(1)]);
    await settled();
    status.another('status-task-c-1', 'RUNNING', 'other');
    tasks.set([]);
    await settled();
    expect([stateOf('c-0'), stateOf('c-1')]).toEqual(['UNASSIGNED', 'RUNNING']);
    expect(tasks.states()).toEqual([]);
  });

  test('of a connector that is deleted have no status', async () => {
    await using world = taskWorld();
    world.tasks.set([task(0)]);
    await world.settled();
    world.gone.add('c');
    world.tasks.set([]);
    await world.settled();
    expect(world.status.values.size).toBe(0);
    expect(world.status.history.at(-1)).toBe('status-task-c-0 null');
  });

  test('are given up when they do not stop cleanly, too', async () => {
    await using world = taskWorld();
    world.runner.stopFails = true;
    world.tasks.set([task(0)]);
    await world.settled();
    world.tasks.set([]);
    await world.settled();
    expect(world.stateOf('c-0')).toBe('UNASSIGNED');
  });

  test('all end when the worker does', async () => {
    const world = taskWorld();
    world.tasks.start();
    world.tasks.set([task(0), task(1)]);
    await world.settled();
    await world[Symbol.asyncDispose]();
    expect([world.runner.running.size, world.stateOf('c-0')]).toEqual([0, 'UNASSIGNED']);
  });
});

describe('a task that fails', () => {
  test('is FAILED with what went wrong in each table, and starts again after a pause that doubles', async () => {
    await using world = taskWorld();
    const { tasks, settled, runner, clock, stateOf, traceOf } = world;
    const starts: number[] = [];
    const start = runner.start.bind(runner);
    runner.start = (order) => {
      starts.push(clock.monotonic());
      start(order);
    };
    tasks.start();
    tasks.set([task(0)]);
    await settled();
    runner.failing.set('c-0', new Map([['T', away]]));
    await clock.sleep(2000);
    expect(stateOf('c-0')).toBe('FAILED');
    expect(traceOf('c-0')).toContain('TARGET_UNREACHABLE: away');
    await clock.sleep(130_000);
    // It is looked every half second.
    const pauses = starts.slice(2).map((at, i) => Math.floor((at - starts[i + 1]!) / 1000));
    expect(pauses.slice(0, 3)).toEqual([20, 40, 40]);
    runner.heals = true;
    await clock.sleep(60_000);
    expect([stateOf('c-0'), traceOf('c-0')]).toEqual(['RUNNING', null]);
    expect(tasks.startups.failures).toBeGreaterThan(0);
  });

  test.each([
    ['only people can mend it', true, bad],
    ['nobody wants it', false, away],
  ])('stays so where %s', async (_, autoRestart, error) => {
    await using world = taskWorld({ autoRestart });
    world.tasks.start();
    world.tasks.set([task(0)]);
    world.runner.failing.set('c-0', new Map([['T', error]]));
    await world.clock.sleep(100_000);
    expect(world.stateOf('c-0')).toBe('FAILED');
    expect(world.runner.steps).toHaveLength(1);
  });

  test('in two tables is tried again for the one that may work', async () => {
    await using world = taskWorld();
    world.tasks.start();
    world.tasks.set([task(0)]);
    world.runner.failing.set(
      'c-0',
      new Map([
        ['T', bad],
        ['U', away],
      ]),
    );
    await world.clock.sleep(15_000);
    expect(world.runner.steps).toHaveLength(3);
  });
});

describe('a wish to restart', () => {
  test('restarts the task that was named, or those that failed, or all of the connector', async () => {
    await using world = taskWorld();
    const { tasks, runner, settled } = world;
    tasks.set([task(0), task(1), task(0, { connector: 'd' })]);
    await settled();
    const startedBy = async (...[connector, which]: Parameters<typeof tasks.restart>) => {
      runner.steps.length = 0;
      tasks.restart(connector, which);
      await settled();
      return runner.steps.filter((step) => step.startsWith('start'));
    };
    expect(await startedBy('c', { task: 1, onlyFailed: false })).toEqual(['start c-1 of 2']);
    runner.failing.set('c-0', new Map([['T', bad]]));
    expect(await startedBy('c', { task: null, onlyFailed: true })).toEqual(['start c-0 of 2']);
    expect(await startedBy('c', { task: null, onlyFailed: false })).toHaveLength(2);
    expect(await startedBy('x', { task: null, onlyFailed: false })).toEqual([]);
  });

  test('of a paused task ends in PAUSED, not in RESTARTING', async () => {
    await using world = taskWorld();
    world.tasks.set([task(0, { paused: true })]);
    await world.settled();
    world.status.another('status-task-c-0', 'RESTARTING', 'me');
    world.tasks.restart('c', { task: null, onlyFailed: false });
    await world.settled();
    expect(world.stateOf('c-0')).toBe('PAUSED');
    expect(world.runner.steps).toEqual(['stop c-0']);
  });

  test('forgets what failed before: the next pause is the first again', async () => {
    await using world = taskWorld();
    const { tasks, runner, clock } = world;
    runner.failing.set('c-0', new Map([['T', away]]));
    tasks.start();
    tasks.set([task(0)]);
    await clock.sleep(15_000);
    const starts = () => runner.steps.filter((step) => step.startsWith('start')).length;
    expect(starts()).toBe(2);
    tasks.restart('c', { task: 0, onlyFailed: false });
    await clock.sleep(12_000);
    expect(starts()).toBe(4);
  });
});

describe('a status that somebody else wrote', () => {
  test('of a task that runs here is put right', async () => {
    await using world = taskWorld();
    world.tasks.start();
    world.tasks.set([task(0)]);
    await world.settled();
    world.status.another('status-task-c-0', 'UNASSIGNED', 'zombie');
    await world.clock.sleep(2000);
    expect(world.status.said('status-task-c-0')).toMatchObject({ state: 'RUNNING', worker_id: 'me' });
  });
});
