import { describe, expect, test } from 'vitest';
import { ConnectError } from '../../../connectors/errors.ts';
import { traceOf } from '../../../connectors/runtime/trace.ts';

const away = new ConnectError('TARGET_UNREACHABLE', 'no node answers', { cause: new Error('secret') });

describe('the trace of a failed task', () => {
  test('says for each table, in the order of the halts, what happened and what to do', () => {
    const errors = new Map([
      ['Music', away],
      ['Albums', new ConnectError('RECORD_NUMBER', 'line 7 is bad')],
    ]);
    expect(traceOf(errors).split('\n')).toEqual([
      'TARGET_UNREACHABLE: no node answers',
      `\ttable Music: ${away.hint}`,
      'RECORD_NUMBER: line 7 is bad',
      expect.stringMatching(/^\ttable Albums: Correct the record/),
    ]);
  });

  test('of a connector as a whole names no table', () => {
    expect(traceOf(new Map([['', away]]))).toBe(`TARGET_UNREACHABLE: no node answers\n\t${away.hint}`);
  });

  test('has no stack unless it is asked for, and never what somebody else threw', () => {
    const errors = new Map([['Music', away]]);
    expect(traceOf(errors)).not.toMatch(/\bat .*trace\.test/);
    expect(traceOf(errors, { stacks: true })).toMatch(/\tat .*trace\.test/);
    expect(traceOf(errors, { stacks: true })).not.toContain('secret');
  });

  test('stays small: of a thousand tables twenty are named, and no message is endless', () => {
    const long = new ConnectError('UNEXPECTED', 'x'.repeat(100_000));
    const errors = new Map(Array.from({ length: 1000 }, (_, i) => [`T${i}`, long] as const));
    const trace = traceOf(errors);
    expect(trace.length).toBeLessThan(30_000);
    expect(trace).toContain('table T19:');
    expect(trace).not.toContain('table T20:');
    expect(trace).toMatch(/… and 980 more tables[^\n]*$/);
  });
});
