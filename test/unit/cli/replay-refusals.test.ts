import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runReplay } from '../../../cli/actions/replay.ts';
import { validText } from '../migration/migration-text.ts';
import { run } from './command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'messina-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));

const events = validText.replace('from: scan', 'from: none');
const copy = validText.replace('{from: scan}', '{from: scan}\n  changes: none');
const [kept, manual] = ['existing: keep', 'createTables: false'];

/** Nobody answers at the brokers of the file: what is refused here is refused before anything is opened. */
describe('a replay that contradicts its file or itself is refused as usage', () => {
  test.each([
    ['a new table from a time', validText, '--recreate --yes --from 2026-01-01', /begins with the snapshot/],
    [
      'a time to come',
      validText,
      '--from 2126-01-01T00:00:00Z',
      /2126-01-01T00:00:00.000Z lies in the future/,
    ],
    ['a time of a copy', copy, '--from 2026-01-01', /source\.changes is none/],
    ['a table of another file', validText, '--table Songs', /Table Songs is not in .*music\.yaml/],
    [
      'tables that nobody would create',
      `${validText}  ${manual}\n`,
      '--recreate --yes',
      /target\.createTables is false/,
    ],
    [
      'rows that no topic holds',
      `${events}  ${kept}\n`,
      '--recreate --yes',
      /rows that the topics do not hold/,
    ],
  ])('%s', async (_, text, flags, message) => {
    const file = join(folder, 'music.yaml');
    writeFileSync(file, text);
    const { code, stdout, stderr } = await run(`replay ${file} ${flags}`, { replay: runReplay });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/\n {2}→ \S.{15,}\n$/);
  });
});
