import { beforeEach, describe, expect, test } from 'vitest';
import type { FlatConfig } from '../../../connectors/config/flat/flat-config.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import { AutoRestart } from '../../../connectors/worker/auto-restart.ts';
import { ConnectorSet, type ConnectorSetWorld } from '../../../connectors/worker/connector-set.ts';
import type { TargetState } from '../../../connectors/worker/herder.ts';
import type { StoredConnector } from '../../../connectors/worker/state/config-store.ts';
import { SaidStatus } from '../../../connectors/worker/state/said-status.ts';
import { StatusView } from '../../../connectors/worker/status-view.ts';
import { JumpingClock } from '../sink/jumping-clock.ts';
import { MemoryStatus } from './memory-status.ts';
import { silent } from './silent-log.ts';

/** A configs topic of one connector. */
class OneConnector {
  stored: StoredConnector | null = { name: 'c', config: { n: '1' }, target: 'STARTED', tasks: [] };
  readonly written: string[][] = [];
  failures = 0;

  get = () => this.stored;
  change: ConnectorSetWorld['store']['change'] = async (decide) => {
    await Promise.resolve();
    if (this.failures-- > 0) throw new Error('away');
    const { records, result } = decide();
    if (records.length > 0) {
      this.written.push(records.map(({ key, value }) => `${key} ${JSON.stringify(value)}`));
      const tasks = records.flatMap(({ key, value }) =>
        key.startsWith('task-') && value !== null ? [(value as { properties: FlatConfig }).properties] : [],
      );
      this.stored = this.stored && { ...this.stored, tasks };
    }
    return result;
  };
}

let store: OneConnector;
let status: MemoryStatus;
let clock: JumpingClock;
let starts: FlatConfig[];
let start: ConnectorSetWorld['startConnector'];
beforeEach(() => {
  [store, status, clock, starts] = [new OneConnector(), new MemoryStatus(), new JumpingClock(), []];
  start = async () => [{ t: '0' }, { t: '1' }];
});

function subject(autoRestart = true) {
  const delays = { autoRestart, autoRestartDelayMs: 10_000, autoRestartDelayMaxMs: 40_000 };
  const restart = new AutoRestart(delays, clock);
  const set = new ConnectorSet({
    store,
    said: new SaidStatus({ status, topic: status, workerId: 'me', log: silent }),
    log: silent,
    clock,
    startConnector: (config, context) => {
      starts.push(config);
      return start(config, context);
    },
    autoRestart: () => restart,
    saidOfTasks: (name, first) => new StatusView(status).keysOfTasks(name, first),
  });
  const want = async (target: TargetState = 'STARTED', config: FlatConfig = { n: '1' }) => {
    if (store.stored) store.stored = { ...store.stored, target, config };
    set.set([{ name: 'c', config, target, tasks: store.stored?.tasks ?? [] }]);
    await clock.sleep(1);
  };
  return { set, want, [Symbol.asyncDispose]: () => set.close() };
}

const state = () => status.said('status-connector-c')?.state ?? null;

describe('a connector that this worker has', () => {
  test('gets its tasks again when it was stopped and started before this worker saw either', async () => {
    await using subjects = subject();
    await subjects.want();
    expect(starts).toHaveLength(1);
    if (store.stored) store.stored = { ...store.stored, tasks: [] };
    await subjects.want();
    expect(starts).toHaveLength(2);
    expect(store.stored?.tasks).toHaveLength(2);
    await subjects.want();
    expect(starts).toHaveLength(2);
  });

  test('is started, and its tasks are told all at once, their number last', async () => {
    await using subjects = subject();
    await subjects.want();
    expect(state()).toBe('RUNNING');
    expect(store.written).toEqual([
      ['task-c-0 {"properties":{"t":"0"}}', 'task-c-1 {"properties":{"t":"1"}}', 'commit-c {"tasks":2}'],
    ]);
    expect(subjects.set.states()).toEqual([{ name: 'c', config: { n: '1' }, state: 'RUNNING' }]);
  });

  test('writes nothing where its tasks are as they were', async () => {
    store.stored = { ...store.stored!, tasks: [{ t: '0' }, { t: '1' }] };
    await using subjects = subject();
    await subjects.want();
    expect(store.written).toEqual([]);
  });

  test('with fewer tasks takes away those that are too many', async () => {
    store.stored = { ...store.stored!, tasks: [{ t: '0' }, { t: '1' }, { t: '2' }] };
    await using subjects = subject();
    await subjects.want();
    expect(store.written[0]?.slice(2)).toEqual(['task-c-2 null', 'commit-c {"tasks":2}']);
  });

  test('is started again when its configuration changes, and not when it does not', async () => {
    await using subjects = subject();
    await subjects.want();
    await subjects.want();
    await subjects.want('STARTED', { n: '2' });
    expect(starts).toEqual([{ n: '1' }, { n: '2' }]);
  });

  test('keeps its tasks when it is paused, and has none when it is stopped', async () => {
    await using subjects = subject();
    await subjects.want();
    await subjects.want('PAUSED');
    expect([state(), store.stored?.tasks.length]).toEqual(['PAUSED', 2]);
    await subjects.want('STOPPED');
    expect([state(), store.stored?.tasks.length]).toEqual(['STOPPED', 0]);
    expect(store.written.at(-1)).toEqual(['task-c-0 null', 'task-c-1 null', 'commit-c {"tasks":0}']);
    expect(starts).toHaveLength(1);
  });

  test('is stopped in the end when the topic is away at first', async () => {
    store.stored = { ...store.stored!, tasks: [{ t: '0' }] };
    await using subjects = subject();
    store.failures = 2;
    await subjects.want('STOPPED');
    expect(state()).toBeNull();
    await clock.sleep(10_000);
    expect([state(), store.stored?.tasks.length]).toEqual(['STOPPED', 0]);
  });

  test('that was deleted while it started tells nothing of tasks, and has no status', async () => {
    await using subjects = subject();
    start = async () => {
      store.stored = null;
      return [{ t: '0' }];
    };
    await subjects.want();
    expect(store.written).toEqual([]);
    subjects.set.set([]);
    await clock.sleep(1);
    expect(status.get('status-connector-c')).toBeNull();
  });

  test('that goes elsewhere is given up, unless the other was first to speak; its start is broken off', async () => {
    await using subjects = subject();
    let isAborted = false;
    start = (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          isAborted = true;
          reject(signal.reason);
        });
      });
    await subjects.want();
    subjects.set.set([]);
    await clock.sleep(1);
    expect([isAborted, state(), store.written]).toEqual([true, 'UNASSIGNED', []]);
    await subjects.want();
    status.another('status-connector-c', 'RUNNING', 'other');
    subjects.set.set([]);
    await clock.sleep(1);
    expect(state()).toBe('RUNNING');
  });

  test('that went elsewhere while it started tells nothing of tasks, even when its start did not hear', async () => {
    await using subjects = subject();
    let finish: (tasks: FlatConfig[]) => void = () => {};
    start = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    await subjects.want();
    subjects.set.set([]);
    finish([{ t: '0' }]);
    await clock.sleep(1);
    expect([state(), store.written]).toEqual(['UNASSIGNED', []]);
  });
});

describe('a connector that cannot be started', () => {
  const failing = (code: 'SOURCE_UNREACHABLE' | 'SOURCE_TABLE_MISSING', times = Number.POSITIVE_INFINITY) => {
    start = async () => {
      if (starts.length <= times) throw new ConnectError(code, 'no table T');
      return [{ t: '0' }];
    };
  };

  test('is FAILED with the reason, its tasks as they were', async () => {
    await using subjects = subject();
    failing('SOURCE_TABLE_MISSING');
    await subjects.want();
    await clock.sleep(100_000);
    expect(status.said('status-connector-c')).toMatchObject({ state: 'FAILED', worker_id: 'me' });
    expect(status.said('status-connector-c')?.trace).toContain('SOURCE_TABLE_MISSING: no table T');
    expect([starts.length, store.written.length]).toEqual([1, 0]);
    expect(subjects.set.startups).toEqual({ attempts: 1, failures: 1 });
  });

  test('is started again after a pause that doubles, until it works', async () => {
    await using subjects = subject();
    failing('SOURCE_UNREACHABLE', 2);
    await subjects.want();
    await clock.sleep(9000);
    expect(starts).toHaveLength(1);
    await clock.sleep(2000);
    expect([starts.length, state()]).toEqual([2, 'FAILED']);
    await clock.sleep(21_000);
    expect([starts.length, state(), store.stored?.tasks.length]).toEqual([3, 'RUNNING', 1]);
  });

  test('is not started again by itself where nobody wants it', async () => {
    await using subjects = subject(false);
    failing('SOURCE_UNREACHABLE');
    await subjects.want();
    await clock.sleep(100_000);
    expect(starts).toHaveLength(1);
  });

  test('waits as at first when somebody restarted it in between', async () => {
    await using subjects = subject();
    failing('SOURCE_UNREACHABLE');
    await subjects.want();
    await clock.sleep(11_000);
    expect(starts).toHaveLength(2);
    subjects.set.restart('c', true);
    await clock.sleep(11_000);
    expect(starts).toHaveLength(4);
  });

  test('is started again at once by a wish to restart; one that runs only by a wish for all', async () => {
    await using subjects = subject();
    failing('SOURCE_TABLE_MISSING', 1);
    await subjects.want();
    subjects.set.restart('c', true);
    await clock.sleep(1);
    expect([starts.length, state()]).toEqual([2, 'RUNNING']);
    subjects.set.restart('c', true);
    await clock.sleep(1);
    expect(starts).toHaveLength(2);
    subjects.set.restart('c', false);
    await clock.sleep(1);
    expect(starts).toHaveLength(3);
  });
});

describe('what is said of tasks that are no more', () => {
  const gone = ['status-task-c-2', 'messina-table-2-T:connector-c'];

  test('is taken back by who takes the connector over: whoever died with them cannot', async () => {
    for (const key of [...gone, 'status-task-c-1', 'status-task-c-1-7'])
      status.another(key, 'RUNNING', 'dead:1');
    await using subjects = subject();
    await subjects.want();
    expect(gone.map((key) => status.said(key))).toEqual([null, null]);
    const others = ['status-task-c-1', 'status-task-c-1-7'].map((key) => status.said(key)?.worker_id);
    expect(others).toEqual(['dead:1', 'dead:1']);
  });

  test('is taken back when the connector is stopped, of all of them', async () => {
    status.another('status-task-c-0', 'RUNNING', 'dead:1');
    await using subjects = subject();
    await subjects.want('STOPPED');
    expect(status.said('status-task-c-0')).toBeNull();
  });

  test('is taken back of a connector that was stopped and then paused before anybody had it', async () => {
    status.another('status-task-c-0', 'UNASSIGNED', 'dead:1');
    await using subjects = subject();
    await subjects.want('PAUSED');
    expect([status.said('status-task-c-0'), state()]).toEqual([null, 'PAUSED']);
  });
});
