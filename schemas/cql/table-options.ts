import type { MappingProblem } from './mapping-problem.ts';

/** Text in quotes of any kind; what is left when it is taken out is names, signs and numbers. */
const IN_QUOTES = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\$[\s\S]*?\$\$/g;

interface Refusal {
  readonly pattern: RegExp;
  readonly message: string;
  readonly remedy: string;
}

const REFUSALS: readonly Refusal[] = [
  {
    pattern: /['"]|\$\$/,
    message: 'holds a quote without its end',
    remedy: 'Close it; a quote inside quotes is doubled.',
  },
  {
    pattern: /;|--|\/\/|\/\*/,
    message: 'holds a semicolon or the beginning of a comment',
    remedy: 'Give what stands behind WITH, and nothing else.',
  },
  {
    pattern: /^\s*with\b/i,
    message: 'begins with WITH',
    remedy: 'Leave the word out.',
  },
  {
    pattern: /\b(?:gc_grace_seconds|tombstone_gc)\b/i,
    message: 'sets how long tombstones live, which the migration decides until cutover',
    remedy: 'Remove gc_grace_seconds and tombstone_gc.',
  },
  {
    pattern: /\bdefault_time_to_live\b/i,
    message: 'lets rows expire that the source keeps',
    remedy: 'Remove default_time_to_live; ttl takes the time from an attribute.',
  },
];

/** What stands behind WITH in CREATE TABLE: is it options and nothing else, and none that are the migration's own? */
export function optionsProblem(options: string): Omit<MappingProblem, 'path'> | null {
  const bare = options.replace(IN_QUOTES, '');
  const refusal = REFUSALS.find(({ pattern }) => pattern.test(bare));
  return refusal === undefined ? null : { message: refusal.message, remedy: refusal.remedy };
}
