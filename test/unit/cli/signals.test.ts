import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { watchSignals } from '../../../cli/signals.ts';

function watched() {
  const source = new EventEmitter();
  const exits: number[] = [];
  return { source, exits, signals: watchSignals(source, (code) => void exits.push(code)) };
}

test.each(['SIGINT', 'SIGTERM'])('the first %s aborts and does not exit', (name) => {
  const { source, exits, signals } = watched();
  source.emit(name);
  expect(signals.signal.aborted).toBe(true);
  expect(signals.signal.reason).toMatchObject({ name: 'AbortError' });
  expect(exits).toEqual([]);
});

test('a second SIGINT exits with 130 at once', () => {
  const { source, exits } = watched();
  source.emit('SIGINT');
  source.emit('SIGINT');
  expect(exits).toEqual([130]);
});

test('a SIGINT after a SIGTERM is impatience too, a second SIGTERM is not', () => {
  const { source, exits } = watched();
  source.emit('SIGTERM');
  source.emit('SIGTERM');
  expect(exits).toEqual([]);
  source.emit('SIGINT');
  expect(exits).toEqual([130]);
});

test('nothing is listened to any more at the end', () => {
  const { source, signals } = watched();
  signals[Symbol.dispose]();
  expect([source.listenerCount('SIGINT'), source.listenerCount('SIGTERM')]).toEqual([0, 0]);
});
