import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import { createLogger } from '../../../connectors/log.ts';
import { SetAsideLog } from '../../../connectors/runtime/dead-letters/set-aside-log.ts';

/** A log whose time passes by hand. */
function subject(settings: { log: boolean; logMessages: boolean }) {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) };
  const log = createLogger({ level: 'info', format: 'json', destination });
  let nowMs = 0;
  let wake = () => {};
  const sleep = () => new Promise<void>((resolve) => (wake = resolve));
  const clock = { ...systemClock, monotonic: () => nowMs, sleep };
  const letters = new SetAsideLog(settings, 'm-sink-0', { clock, log });
  const add = (offset: number) =>
    letters.add({
      error: new ConnectError('RECORD_REFUSED', 'Target table "Music" refuses the item'),
      table: 'Music',
      stage: 'TASK_PUT',
      by: 'AlternatorSink',
      place: { topic: 't', partition: 3, offset },
      timestampMs: 17,
    });
  const pass = async (ms: number) => {
    nowMs += ms;
    wake();
    await Promise.resolve();
    await Promise.resolve();
  };
  return { lines, add, pass };
}

describe('a record that is set aside', () => {
  test('is not logged unless that is wanted', () => {
    const { lines, add } = subject({ log: false, logMessages: true });
    add(1);
    expect(lines).toEqual([]);
  });

  test('is logged with who failed and why; where it stands only with the messages', () => {
    const [plain, placed] = [false, true].map((logMessages) => {
      const { lines, add } = subject({ log: true, logMessages });
      add(7);
      return lines[0];
    });
    const who = {
      level: 40,
      code: 'RECORD_REFUSED',
      table: 'Music',
      stage: 'TASK_PUT',
      class: 'AlternatorSink',
    };
    expect(plain).toMatchObject({
      ...who,
      msg: 'Record set aside in task m-sink-0, stage TASK_PUT, class AlternatorSink: Target table "Music" refuses the item',
    });
    expect(plain).not.toHaveProperty('offset');
    expect(placed).toMatchObject({ ...who, topic: 't', partition: 3, offset: 7, timestamp: 17 });
  });

  test('among very many is counted: ten lines a second, and one that says how many there were besides', async () => {
    const { lines, add, pass } = subject({ log: true, logMessages: true });
    for (let i = 0; i < 500; i++) add(i);
    expect(lines).toHaveLength(10);
    await pass(1000);
    expect(lines).toHaveLength(11);
    expect(lines[10]).toMatchObject({ records: 490 });
    for (let i = 0; i < 11; i++) add(i);
    expect(lines).toHaveLength(21);
    await pass(1500);
    expect(lines[21]).toMatchObject({ records: 1 });
  });
});
