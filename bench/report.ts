import { mkdir, writeFile } from 'node:fs/promises';
import { machine } from './machine.ts';
import type { Measured } from './meter.ts';

/** One variant in a table of results. */
export interface Row {
  /** Variants of one group are compared with each other. */
  readonly group: string;
  readonly variant: string;
  /** What the latency is of. */
  readonly request: string;
  readonly runs: readonly Measured[];
}

export interface Report {
  /** Name of the result files. */
  readonly name: string;
  readonly title: string;
  /** What was measured, against what, and what the numbers do not say. */
  readonly notes: readonly string[];
  readonly rows: readonly Row[];
}

/** The run with the least CPU time per item: other processes of the machine only ever add to it. */
export function best(runs: readonly Measured[]): Measured {
  return runs.reduce((a, b) => (cpuPerItem(b) < cpuPerItem(a) ? b : a));
}

export function cpuPerItem(measured: Measured): number {
  return measured.cpuUs / measured.items;
}

/** Writes `<name>.json` and `<name>.md` into `directory`; returns the Markdown. */
export async function writeReport(directory: string, report: Report): Promise<string> {
  const where = machine();
  const { name, title, notes, rows } = report;
  const text = [
    `# ${title}`,
    '',
    `${where.cpu}, ${where.cores} cores, ${where.memoryGiB} GiB; Node ${where.node}; commit ${where.commit ?? 'unknown'}; ${where.date}.`,
    '',
    ...notes.map((note) => `- ${note}`),
    '',
    ...tableOf(rows),
    '',
  ].join('\n');
  await mkdir(directory, { recursive: true });
  const results = rows.map((row) => ({ ...row, best: best(row.runs) }));
  await writeFile(
    `${directory}/${name}.json`,
    `${JSON.stringify({ title, machine: where, notes, results }, null, 2)}\n`,
  );
  await writeFile(`${directory}/${name}.md`, text);
  return text;
}

function tableOf(rows: readonly Row[]): string[] {
  const head = [
    '',
    'items/s',
    'MB/s',
    'CPU µs/item',
    'items/s per core',
    'CPU, ratio',
    'peak RSS MiB',
    'request p50 / p99 ms',
  ];
  const groups = [...new Set(rows.map(({ group }) => group))];
  return groups.flatMap((group) => {
    const own = rows.filter((row) => row.group === group);
    const least = Math.min(...own.map(({ runs }) => cpuPerItem(best(runs))));
    const lines = own.map((row) => `| ${cellsOf(row, least).join(' | ')} |`);
    return [
      `## ${group}`,
      '',
      `| ${head.join(' | ')} |`,
      `|${head.map(() => '---').join('|')}|`,
      ...lines,
      '',
    ];
  });
}

function cellsOf(row: Row, leastCpu: number): string[] {
  const run = best(row.runs);
  const seconds = run.wallMs / 1000;
  const cpu = cpuPerItem(run);
  const { latency } = run;
  return [
    row.variant,
    whole(run.items / seconds),
    (run.bytes / 1e6 / seconds).toFixed(1),
    cpu.toFixed(cpu < 10 ? 2 : 1),
    whole(1e6 / cpu),
    `${(cpu / leastCpu).toFixed(1)}×`,
    whole(Math.max(...row.runs.map(({ peakRssBytes }) => peakRssBytes)) / 2 ** 20),
    latency === null ? '–' : `${latency.p50Ms.toFixed(1)} / ${latency.p99Ms.toFixed(1)} (${row.request})`,
  ];
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en').replaceAll(',', ' ');
}
