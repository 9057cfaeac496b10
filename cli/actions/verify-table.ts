import { type Example, isEqual, type VerifyReport } from '../../migration/verify/report.ts';
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
      : [
          `${one.table}: the topics hold the source's changes up to ${one.sourceReadTo ?? 'an unknown time'}`,
        ]),
    ...one.examples.map((example) => `${one.table}: ${exampleLine(example)}`),
  ]);
  const title = `${report.migration} → ${report.target}, against ${report.against}: ${report.equal ? 'equal' : 'not equal'}`;
  return [title, ...columns([head, ...rows]), ...below].join('\n');
}

function exampleLine({ kind, key, keyHash, attributes }: Example): string {
  const named = keyHash === undefined ? JSON.stringify(key) : `key hash ${keyHash}`;
  return `${kind} ${named}${attributes.length === 0 ? '' : `: ${attributes.join(', ')}`}`;
}
