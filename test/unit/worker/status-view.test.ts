import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { statusKeys } from '../../../connectors/runtime/status-log.ts';
import { StatusView, topicStatusKey } from '../../../connectors/worker/status-view.ts';

const { table, mark } = statusKeys;

function viewOf(values: Readonly<Record<string, string>>) {
  const map = new Map(Object.entries(values));
  return new StatusView({ get: (key) => map.get(key) ?? null, entries: () => map.entries() });
}

describe('the status of a connector', () => {
  test('is what was said last, with a trace only where there is one', () => {
    const view = viewOf({
      'status-connector-c': '{"state":"RUNNING","trace":null,"worker_id":"w:1","generation":7}',
      'status-task-c-0': '{"state":"FAILED","trace":"why","worker_id":"w:2","generation":7}',
    });
    expect(view.connector('c')).toEqual({ state: 'RUNNING', worker_id: 'w:1' });
    expect(view.task('c', 0)).toEqual({ state: 'FAILED', worker_id: 'w:2', trace: 'why' });
    expect(view.connector('d')).toBeNull();
  });

  test.each([
    '{"state',
    'null',
    '"RUNNING"',
    '[]',
    '{"state":"ASLEEP","worker_id":"w"}',
    '{"state":"RUNNING"}',
  ])('counts as never said where it is %s', (value) => {
    const view = viewOf({ 'status-connector-c': value, 'status-task-c-0': value });
    expect([view.connector('c'), view.task('c', 0)]).toEqual([null, null]);
  });
});

describe('the topics of a connector', () => {
  test('are its own, also when names resemble each other', () => {
    const keys = [
      topicStatusKey('p.T.changes', 'c'),
      topicStatusKey('p.U.changes', 'c:connector-d'),
      topicStatusKey('p.V.changes', 'd'),
    ];
    const view = viewOf(Object.fromEntries(keys.map((key) => [key, '{}'])));
    expect([view.hasTopic('c', 'p.T.changes'), view.hasTopic('c', 'p.V.changes')]).toEqual([true, false]);
    expect([...view.topics('c').keys()]).toEqual(['p.T.changes']);
    expect([...view.topics('d')]).toEqual([['p.V.changes', keys[2]]]);
    expect([...view.topics('c:connector-d').keys()]).toEqual(['p.U.changes']);
  });
});

test('all keys of a connector are those of itself, its tasks, their tables and its topics', () => {
  const ofTasks = [
    'status-task-c-0',
    'status-task-c-12',
    table('c', 3, 'T'),
    table('c', 12, 'U'),
    mark('c', 12),
  ];
  const mine = ['status-connector-c', ...ofTasks, topicStatusKey('t', 'c')];
  const others = ['status-connector-c-1', 'status-task-c-1-0', 'status-task-d-0', topicStatusKey('t', 'd')];
  const foreign = [...others, table('c-1', 3, 'T'), mark('c-1', 12), table('x:connector-c', 0, 'T')];
  const view = viewOf(Object.fromEntries([...mine, ...foreign].map((key) => [key, '{}'])));
  expect(view.keysOf('c')).toEqual(mine);
  expect(view.keysOf('x')).toEqual([]);
  expect(view.keysOfTasks('c', 12)).toEqual(['status-task-c-12', table('c', 12, 'U'), mark('c', 12)]);
});

test('no two tables of tasks have one key, whatever the names of tables and connectors', () => {
  const tableName = fc.stringMatching(/^[a-zA-Z0-9_.-]{3,9}$/);
  const connectorName = fc.stringMatching(/^[a0:1-]{1,9}$/);
  const place = fc.tuple(connectorName, fc.nat(12), tableName);
  fc.assert(
    fc.property(place, place, (a, b) => {
      expect(table(...a) === table(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
  );
  expect(table('a', 1, '2-x')).not.toBe(table('a-1', 2, 'x'));
});
