import { expect, test } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { createLogger } from '../../../connectors/log.ts';
import { Loggers } from '../../../connectors/worker/loggers.ts';

function world() {
  const lines: string[] = [];
  const log = createLogger({
    level: 'info',
    format: 'json',
    destination: { write: (line) => lines.push(line) },
  });
  return { lines, log, loggers: new Loggers(log, { ...systemClock, now: () => 5 }) };
}

test('a level changes at once for all who log under a name', () => {
  const { lines, loggers } = world();
  const tasks = [0, 1].map((task) => loggers.logger('connector/music', { task }));
  const other = loggers.logger('connector/books', {});
  expect(loggers.setLevel('connector/music', 'DEBUG')).toEqual(['connector/music']);
  for (const logger of [...tasks, other]) logger.debug('seen');
  expect(lines).toHaveLength(2);
  expect(loggers.levels()).toEqual({
    'connector/books': { level: 'INFO', last_modified: null },
    'connector/music': { level: 'DEBUG', last_modified: 5 },
    root: { level: 'INFO', last_modified: null },
  });
});

test('a level is that of all names below, and of root for all', () => {
  const { log, loggers } = world();
  const logger = loggers.logger('connector/music', {});
  loggers.logger('connectors', {});
  expect(loggers.setLevel('connector', 'warn')).toEqual(['connector', 'connector/music']);
  expect([logger.level, log.level]).toEqual(['warn', 'info']);
  expect(loggers.setLevel('root', 'OFF')).toEqual(['connector', 'connector/music', 'connectors', 'root']);
  expect([logger.level, log.level]).toEqual(['silent', 'silent']);
});

test('who comes later takes the level of its name, or of the nearest above', () => {
  const { loggers } = world();
  loggers.setLevel('connector/later', 'TRACE');
  loggers.setLevel('other', 'ERROR');
  expect(loggers.logger('connector/later', {}).level).toBe('trace');
  expect(loggers.logger('other/one', {}).level).toBe('error');
  expect(loggers.logger('connector/one', {}).level).toBe('info');
});

test('a level that is none sets nothing', () => {
  const { loggers } = world();
  expect(loggers.setLevel('root', 'LOUD')).toBeNull();
  expect(loggers.level('root')).toEqual({ level: 'INFO', last_modified: null });
  expect(loggers.level('nobody')).toBeNull();
});
