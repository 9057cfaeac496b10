import { describe, expect, test } from 'vitest';
import { SaidStatus } from '../../../connectors/worker/state/said-status.ts';
import { MemoryStatus } from './memory-status.ts';
import { silent } from './silent-log.ts';

function subject() {
  const topic = new MemoryStatus();
  const said = new SaidStatus({ status: topic, topic, workerId: 'me', log: silent });
  return { topic, said };
}

describe('what a worker says of what it owns', () => {
  test('is written once, and again when it is something else', async () => {
    const { topic, said } = subject();
    await said.say('t', 'RUNNING', null);
    await said.say('t', 'RUNNING', null);
    await said.say('t', 'PAUSED', null);
    await said.affirm();
    expect(topic.history).toEqual(['t RUNNING', 't PAUSED']);
    expect(topic.get('t')).toBe('{"state":"PAUSED","trace":null,"worker_id":"me","generation":0}');
    expect(said.last('t')).toBe('PAUSED');
  });

  test('is written in its order', async () => {
    const { topic, said } = subject();
    await Promise.all([
      said.say('t', 'RUNNING', null),
      said.leave('t', false),
      said.say('t', 'RUNNING', null),
    ]);
    expect(topic.history.at(-1)).toBe('t RUNNING');
    expect(topic.said('t')?.state).toBe('RUNNING');
  });

  test('and could not write is written later, without a throw', async () => {
    const { topic, said } = subject();
    topic.isAway = true;
    await said.say('t', 'RUNNING', null);
    topic.isAway = false;
    await said.affirm();
    expect(topic.said('t')?.state).toBe('RUNNING');
  });

  test('takes a task over from whoever had it', async () => {
    const { topic, said } = subject();
    topic.another('t', 'RUNNING', 'other');
    await said.say('t', 'RUNNING', null);
    expect(topic.said('t')?.worker_id).toBe('me');
  });

  test('is no failure, and no farewell, of what another has by now', async () => {
    const { topic, said } = subject();
    await said.say('t', 'RUNNING', null);
    topic.another('t', 'RUNNING', 'other');
    await said.say('t', 'FAILED', 'KAFKA_FENCED');
    expect(topic.said('t')).toMatchObject({ state: 'RUNNING', worker_id: 'other' });
    await said.leave('t', false);
    expect(topic.said('t')).toMatchObject({ state: 'RUNNING', worker_id: 'other' });
  });

  test('is said again when another has said something else, not at the first look: the topic may be behind', async () => {
    const { topic, said } = subject();
    await said.say('t', 'RUNNING', null);
    topic.another('t', 'UNASSIGNED', 'zombie');
    await said.affirm();
    expect(topic.said('t')?.worker_id).toBe('zombie');
    await said.affirm();
    expect(topic.said('t')).toMatchObject({ state: 'RUNNING', worker_id: 'me' });
    await said.affirm();
    await said.affirm();
    expect(topic.history).toHaveLength(2);
  });

  test('is not said again of what it has given up, or gives up', async () => {
    const { topic, said } = subject();
    await said.say('a', 'RUNNING', null);
    await said.say('b', 'RUNNING', null);
    said.forget('a');
    await said.leave('b', true);
    topic.another('a', 'UNASSIGNED', 'me');
    for (let looks = 0; looks < 3; looks++) await said.affirm();
    expect(topic.said('a')?.state).toBe('UNASSIGNED');
    expect(topic.get('b')).toBeNull();
    expect(said.last('b')).toBeNull();
  });
});
