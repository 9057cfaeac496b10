import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder of its own, gone when it is disposed. */
export interface Folder extends Disposable {
  readonly path: string;
  /** Writes a file, by its path in the folder. @returns its whole path. */
  write(name: string, text: string): string;
}

export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'messina-plugins-'));
  return {
    path,
    write(name, text) {
      const whole = join(path, name);
      mkdirSync(dirname(whole), { recursive: true });
      writeFileSync(whole, text);
      return whole;
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
