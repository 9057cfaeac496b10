import { describe, expect, test } from 'vitest';
import { ConnectError } from '../../../connectors/errors.ts';
import { createLogger, type LogFormat, type LogLevel } from '../../../connectors/log.ts';

function logged(level: LogLevel, format: LogFormat, color = false) {
  const lines: string[] = [];
  const log = createLogger({ level, format, color, destination: { write: (line) => lines.push(line) } });
  return { log, lines };
}

const error = new ConnectError('TARGET_THROTTLED', 'Too fast', { detail: { table: 'Music' } });

describe('the log', () => {
  test('pretty: one line for people', () => {
    const { log, lines } = logged('info', 'pretty');
    log.info({ table: 'Music', files: 3, note: 'a b' }, 'Loading');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}Loading table=Music files=3 note="a b"\n$/);
  });

  test('json: one document per line, without host and process', () => {
    const { log, lines } = logged('info', 'json');
    log.warn({ table: 'Music' }, 'Slow');
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 40,
      time: expect.any(Number),
      table: 'Music',
      msg: 'Slow',
    });
  });

  test('json: what a child says again stands in a line once', () => {
    const { log, lines } = logged('info', 'json');
    log.child({ table: 'a', task: 0 }).child({ table: 'b' }).info({ task: 1 }, 'Loading');
    expect(lines[0]?.match(/"(table|task)":/g)).toEqual(['"table":', '"task":']);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ table: 'b', task: 1 });
  });

  test('below the level nothing is written', () => {
    const { log, lines } = logged('warn', 'json');
    log.info('no');
    expect(lines).toEqual([]);
  });

  test.each(['pretty', 'json'] as const)('%s: an error has its code, and a stack only at debug', (format) => {
    const info = logged('info', format);
    info.log.warn({ err: error }, 'Again');
    expect(info.lines.join('')).toContain('TARGET_THROTTLED');
    expect(info.lines.join('')).not.toContain('log.test.ts');
    const debug = logged('debug', format);
    debug.log.warn({ err: error }, 'Again');
    expect(debug.lines.join('')).toContain('log.test.ts');
  });

  test.each(['pretty', 'json'] as const)(
    '%s: secrets are not written, however deep a section is',
    (format) => {
      const { log, lines } = logged('info', format);
      log.info({
        password: 'swordfish',
        sasl: { password: 'swordfish' },
        kafka: { sasl: { password: 'swordfish' } },
      });
      expect(lines.join('')).not.toContain('swordfish');
    },
  );

  test('levels are painted on a terminal', () => {
    const { log, lines } = logged('info', 'pretty', true);
    log.error('no');
    expect(lines[0]).toContain('\u001b[31mERROR\u001b[0m');
  });
});
