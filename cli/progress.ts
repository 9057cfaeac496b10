import type { LogFormat } from '../connectors/log.ts';

/** How far one thing (a table, mostly) has come. */
export interface ProgressRow {
  readonly label: string;
  readonly phase: string;
  /** Records (or files, bytes: what `note` says) done, and in all; null where nobody knows the end. */
  readonly done: number;
  readonly total: number | null;
  /** Records per second, lately. */
  readonly rate: number;
  /** What else to say; may be empty. */
  readonly note: string;
}

/** Where progress is written: stderr, or a test's own. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface ProgressSettings {
  readonly quiet: boolean;
  /** How the log beside it is written. `json`: so is progress, a document for each row, on a terminal too. Default pretty. */
  readonly format?: LogFormat;
  /** Milliseconds between two looks where there is no terminal; default 5000. */
  readonly intervalMs?: number;
  /** Monotonic milliseconds; for tests. */
  readonly now?: () => number;
}

/** Progress on a stream: bars that stay in place on a terminal, now and then a line per row elsewhere. */
export interface Progress {
  /** May be called as often as one likes; it draws seldom enough. */
  update(rows: readonly ProgressRow[]): void;
  /** Writes whole lines (of a log) so that bars stay below them. */
  above(lines: string): void;
  /** Draws the last state and leaves it. */
  done(): void;
}

const barWidth = 20;
/** Milliseconds between two drawings on a terminal: as fast as an eye follows. */
const frameMs = 100;

const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** Never above what is true: 100% only when all is done. */
const percentOf = (done: number, total: number) =>
  total === 0 ? 100 : Math.min(100, Math.floor((done / total) * 100));

function amountOf({ done, total, rate }: ProgressRow): string {
  const share = total === null ? '' : `/${number.format(total)} ${percentOf(done, total)}%`;
  return `${number.format(done)}${share} ${number.format(rate)}/s`;
}

function bar({ done, total }: ProgressRow): string {
  if (total === null) return '';
  const filled = Math.floor((percentOf(done, total) / 100) * barWidth);
  return ` ${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
}

/** The rows as lines of a terminal, in columns. */
export function barLines(rows: readonly ProgressRow[], columns: number): string[] {
  const labelWidth = Math.max(0, ...rows.map(({ label }) => label.length));
  const phaseWidth = Math.max(0, ...rows.map(({ phase }) => phase.length));
  return rows.map((row) => {
    const names = `${row.label.padEnd(labelWidth)} ${row.phase.padEnd(phaseWidth)}`;
    // A line that wraps would be two lines to clear.
    return `${names}${bar(row)} ${amountOf(row)} ${row.note}`.trimEnd().slice(0, Math.max(columns - 1, 1));
  });
}

/** A row like a line of the log, so that stderr holds JSON alone. */
const jsonLine = ({ label, rate, ...rest }: ProgressRow) =>
  JSON.stringify({
    level: 30,
    time: Date.now(),
    table: label,
    ...rest,
    rate: Math.round(rate),
    msg: 'progress',
  });

const plainLine = (row: ProgressRow) => `${row.label} ${row.phase} ${amountOf(row)} ${row.note}`.trimEnd();

export function createProgress(stream: ProgressStream, settings: ProgressSettings): Progress {
  const { quiet, format = 'pretty', intervalMs = 5000, now = () => performance.now() } = settings;
  if (quiet) return { update: () => {}, above: (lines) => void stream.write(lines), done: () => {} };
  const onTerminal = stream.isTTY === true && format === 'pretty';
  const pauseMs = onTerminal ? frameMs : intervalMs;
  let rows: readonly ProgressRow[] = [];
  let drawnAt = Number.NEGATIVE_INFINITY;
  let drawnLines = 0;
  let isStale = false;

  const clear = () => {
    if (drawnLines > 0) stream.write(`\u001b[${drawnLines}A\u001b[0J`);
    drawnLines = 0;
  };
  const draw = () => {
    const lines = onTerminal
      ? barLines(rows, stream.columns ?? 80)
      : rows.map(format === 'json' ? jsonLine : plainLine);
    if (onTerminal) clear();
    if (lines.length > 0) stream.write(`${lines.join('\n')}\n`);
    if (onTerminal) drawnLines = lines.length;
    drawnAt = now();
    isStale = false;
  };
  return {
    update(next) {
      rows = next;
      isStale = true;
      if (now() - drawnAt >= pauseMs) draw();
    },
    above(lines) {
      const hadBars = drawnLines > 0;
      clear();
      stream.write(lines);
      if (hadBars) draw();
    },
    done() {
      if (isStale) draw();
      drawnLines = 0;
    },
  };
}
