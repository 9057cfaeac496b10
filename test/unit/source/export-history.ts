import { type ExportSpec, itemLine, type WindowSpec } from './export-fixture.ts';

/** One write: the item of a key gets a number, or is deleted. */
export interface Write {
  readonly atMs: number;
  readonly key: string;
  readonly n: number | null;
}

/** What a table went through, and the lines that exports of it hold (DynamoDB developer guide, exports: how it works). */
export class History {
  readonly #byKey = new Map<string, Write[]>();

  constructor(writes: readonly Write[]) {
    for (const write of [...writes].sort((a, b) => a.atMs - b.atMs)) {
      this.#byKey.set(write.key, [...(this.#byKey.get(write.key) ?? []), write]);
    }
  }

  get keys(): string[] {
    return [...this.#byKey.keys()];
  }

  /** What a key holds just before a time. */
  before(key: string, ms: number): number | null {
    return this.#byKey.get(key)?.findLast(({ atMs }) => atMs < ms)?.n ?? null;
  }

  /** The table just before a time. */
  tableBefore(ms: number): Map<string, number> {
    return new Map(this.keys.flatMap((key) => entry(key, this.before(key, ms))));
  }

  /** A full export: each key as it was at some time about the export's. */
  fullLines(timeOf: (key: string) => number): string[] {
    return this.keys.flatMap((key) => {
      const n = this.before(key, timeOf(key));
      return n === null ? [] : [itemLine(itemOf(key, n))];
    });
  }

  /** An incremental export: a key that was written comes once, as it is at the end; one that came and went does not. */
  windowLines(fromMs: number, toMs: number, view: WindowSpec['view']): string[] {
    return this.keys.flatMap((key) => {
      const last = this.#byKey.get(key)?.findLast(({ atMs }) => atMs >= fromMs && atMs < toMs);
      const old = this.before(key, fromMs);
      if (last === undefined || (old === null && last.n === null)) return [];
      return [windowLine(key, old, last.n, view, last.atMs)];
    });
  }
}

export function windowLine(
  key: string,
  old: number | null,
  now: number | null,
  view: WindowSpec['view'] = 'NEW_AND_OLD_IMAGES',
  atMs = 1_718_001_234_567,
): string {
  return JSON.stringify({
    Metadata: { WriteTimestampMicros: { N: `${atMs * 1000 + 890}` } },
    Keys: { Artist: { S: key } },
    ...(view === 'NEW_AND_OLD_IMAGES' && old !== null ? { OldImage: itemOf(key, old) } : {}),
    ...(now === null ? {} : { NewImage: itemOf(key, now) }),
  });
}

const itemOf = (key: string, n: number) => ({ Artist: { S: key }, n: { N: String(n) } });
const entry = (key: string, n: number | null): [string, number][] => (n === null ? [] : [[key, n]]);
export const iso = (ms: number): string => new Date(ms).toISOString();

/** A full export of a history; its data in files of their own. */
export function fullSpec(
  exportMs: number,
  files: readonly (readonly string[])[],
  more: Partial<ExportSpec> = {},
) {
  return {
    ...more,
    id: `0${exportMs}-00000000`,
    files: files.map((lines, i) => ({ name: `full-${i}.json.gz`, lines })),
    summary: { exportTime: iso(exportMs), ...more.summary },
  } satisfies ExportSpec;
}

/** A window of a history, in files of their own. */
export function windowSpec(
  fromMs: number,
  toMs: number,
  files: readonly (readonly string[])[],
  view: WindowSpec['view'] = 'NEW_AND_OLD_IMAGES',
  more: Partial<ExportSpec> = {},
) {
  return {
    ...more,
    id: `0${toMs}-11111111`,
    window: { from: iso(fromMs), to: iso(toMs), view },
    files: files.map((lines, i) => ({ name: `window-${toMs}-${i}.json.gz`, lines })),
  } satisfies ExportSpec;
}
