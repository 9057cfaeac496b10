import { type Example, isEqual, type TableReport, type VerifyReport } from '../../migration/verify/report.ts';
import { columns } from './status-table.ts';

/** The report for people: a line per table, and the first differences below it. */
export function verifyTable(report: VerifyReport): string {
  const head = ['table', 'result', 'compared', 'equal', 'missing', 'different', 'extra'];
  const rows = report.tables.map((one) => [
    one.table,
    isEqual(one) ? 'equal' : 'differs',
    ...[one.compared, one.equal, one.missing, one.different, one.extra].map(String),
  ]);
  const below = report.tables.flatMap((one) => [
    ...(one.sourceReadTo === undefined
      ? []
      : [`${one.table}: the topics hold the source up to ${one.sourceReadTo ?? 'an unknown time'}`]),
    ...(one.unknown === undefined
      ? []
      : [`${one.table}: ${one.unknown} rows that the topics never mention were left alone (existing: keep)`]),
    ...(one.repaired === undefined ? [] : [`${one.table}: ${repairLine(one)}`]),
    ...one.examples.map((example) => `${one.table}: ${exampleLine(example)}`),
  ]);
  const title = `${report.migration} → ${report.target}, against ${report.against}: ${report.equal ? 'equal' : 'not equal'}`;
  return [title, ...columns([head, ...rows]), ...below, ...claimLines(report)].join('\n');
}

function claimLines({ notClaimed, against, equal }: VerifyReport): string[] {
  if (notClaimed === null) return [];
  const because =
    equal || against === 'topics' ? '' : '; such items differ here, and --against topics leaves them out';
  return [`${notClaimed}${because}`];
}

function repairLine({ repaired = 0, waiting = 0, immovable = 0, refused = 0 }: TableReport): string {
  return [
    `${repaired} repaired`,
    ...(waiting === 0
      ? []
      : [`${waiting} wait, because they keep changing or were written too lately: repair once more`]),
    ...(immovable === 0 ? [] : [`${immovable} keep what somebody wrote with a later clock`]),
    ...(refused === 0 ? [] : [`${refused} the target does not take`]),
  ].join('; ');
}

function exampleLine({ kind, key, keyHash, attributes }: Example): string {
  const named = keyHash === undefined ? JSON.stringify(key) : `key hash ${keyHash}`;
  return `${kind} ${named}${attributes.length === 0 ? '' : `: ${attributes.join(', ')}`}`;
}
