import { ERRORS, type ErrorCode, type Remedy } from '../connectors/errors.ts';

/** Groups of codes by their first word, in the order in which a migration meets them. */
const groups: readonly (readonly [prefix: string, title: string])[] = [
  ['SOURCE', 'The source'],
  ['EXPORT', 'Exports'],
  ['RECORD', 'Records'],
  ['DEAD', 'Dead letters'],
  ['TARGET', 'The target'],
  ['SINK', 'The sink'],
  ['KAFKA', 'Kafka'],
  ['LOAD', 'Loading a rehearsal'],
];

const others = 'Anything else';

/** What the runtime does, as the page says it. */
const remedies: Readonly<Record<Remedy, string>> = {
  retry: 'retried',
  'dead-letter': 'set aside or halts',
  halt: 'halts',
};

const head = `# Errors

<!-- Made from connectors/errors.ts; UPDATE_PAGES=1 npx vitest run test/unit/cli writes it anew. -->

Every failure has one code. It stands in the error block of a command, in \`lastError\` of \`messina status\`, in the log, and
in the headers of a dead letter. What the runtime does with it:

- **retried**: tried again with growing, random pauses, for as long as it takes (a target's faults: as long as
  \`errors.retry.timeout\` of a connector allows); \`status\` shows the error meanwhile. A
  command that meets it before it has begun (\`plan\`, the checks of \`migrate\`, \`verify\`) ends with the exit code.
- **set aside or halts**: the record goes to the dead-letter topic with \`deadLetters.tolerance: all\` (of a
  connector: \`errors.tolerance=all\`); with \`none\`, the
  default, its table halts.
- **halts**: the table stops, the other tables go on. Nothing was skipped: once the cause is mended the same command goes on.

Exit code 1: failed after the start. Exit code 4: refused by what was found; of what is found before the start, nothing was
touched. Three codes belong to the command line: \`USAGE\` (exit 2, the command line), \`CONFIG_INVALID\` (exit 2, the migration file, with a line for each
problem) and \`INTERRUPTED\` (exit 130).
`;

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '\\<');

const groupOf = (code: string): string =>
  groups.find(([prefix]) => code.startsWith(`${prefix}_`))?.[1] ?? others;

function rowOf(code: ErrorCode): string {
  const { remedy, exit, hint } = ERRORS[code];
  return `| \`${code}\` | ${remedies[remedy]} | ${exit} | ${cell(hint)} |`;
}

/** The table of errors for operators: the text of docs/errors.md. */
export function errorReference(): string {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  const titles = [...groups.map(([, title]) => title), others];
  const sections = titles.map((title) => {
    const rows = codes.filter((code) => groupOf(code) === title).map(rowOf);
    return `## ${title}\n\n| code | what happens | exit | what to do |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `${head}\n${sections.join('\n')}`;
}
