import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { runVerify } from '../../../cli/actions/verify.ts';
import type { VerifyReport } from '../../../migration/verify/report.ts';
import { validText } from '../migration/migration-text.ts';
import { run } from './command-line.ts';

const compared = vi.hoisted(() => [] as unknown[]);

const report: VerifyReport = {
  migration: 'music',
  target: 'alternator',
  against: 'source',
  equal: false,
  notClaimed: null,
  tables: [],
};

vi.mock('../../../migration/verify/verify.ts', () => ({
  verify: async (_: unknown, options: unknown) => {
    compared.push(options);
    return report;
  },
}));

const folder = mkdtempSync(join(tmpdir(), 'messina-verify-report-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'music.yaml');
const output = join(folder, 'report.json');

beforeEach(() => {
  compared.length = 0;
  writeFileSync(file, validText);
  rmSync(output, { force: true });
});

const verify = (flags: string) => run(`verify ${file} ${flags}`, { verify: runVerify });

describe('the report file of verify', () => {
  test('holds what --json prints, and takes the place of the last one', async () => {
    writeFileSync(output, 'an old one');
    const { code, stdout } = await verify(`--json --report ${output}`);
    expect({ code, printed: JSON.parse(stdout) }).toEqual({ code: 3, printed: report });
    expect(JSON.parse(readFileSync(output, 'utf8'))).toEqual(report);
  });

  test.each([
    ['a folder in place of a file', folder, /is no file[\s\S]*--report/],
    ['a folder that is not there', `${folder}/nowhere/r.json`, /nowhere is not there[\s\S]*--report/],
  ])('is refused before anything is compared: %s', async (_, path, message) => {
    const { code, stdout, stderr } = await verify(`--report ${path}`);
    expect({ code, stdout, compared }).toEqual({ code: 2, stdout: '', compared: [] });
    expect(stderr).toMatch(message);
    expect(existsSync(output)).toBe(false);
  });
});
