import type { LetterList } from '../../migration/dead-letters/list.ts';
import type { Retried } from '../../migration/dead-letters/retry.ts';
import type { ShownLetter, ShownLetters } from '../../migration/dead-letters/show.ts';
import { columns } from './status-table.ts';

interface Whose {
  readonly migration: string;
  readonly target: string;
  readonly topic: string;
  readonly withoutContext: number;
}

const OF_SOURCES =
  'were set aside by a source and never were in a topic, so they cannot be retried. Write the item at the source again ' +
  '(its change comes by itself), or correct the export and take a new snapshot.';

const WITHOUT_CONTEXT =
  'in the topic have no context headers: whose they are, why they were set aside and where their records stand is not known, ' +
  'so they are not listed, shown or retried. Set errors.deadletterqueue.context.headers.enable=true in the connector that ' +
  'writes them; those that are there are read with any Kafka client.';

/** What waits, for people: a line for each table and reason. */
export function listText(list: LetterList, reason: string | null): string {
  if (list.letters === 0) return nothing(list, reason);
  const head = ['table', 'reason', 'connector', 'stage', 'letters', 'first', 'last'];
  const rows = list.groups.map((group) => [
    group.table ?? '-',
    group.reason || '-',
    group.connector || '-',
    group.stage || '-',
    String(group.letters),
    group.first,
    group.last,
  ]);
  const ofSources = list.groups.reduce((sum, group) => sum + (group.retriable ? 0 : group.letters), 0);
  return [
    `${titleOf(list)}: ${list.letters} wait`,
    ...columns([head, ...rows]),
    ...sourceLine(ofSources),
    ...contextLine(list),
  ].join('\n');
}

/** Each letter, for people: a line for what and where, a line for why. */
export function shownText(shown: ShownLetters, reason: string | null): string {
  if (shown.letters === 0) return nothing(shown, reason);
  const more = shown.letters - shown.shown.length;
  return [
    ...shown.shown.flatMap((letter) => [lineOf(letter), `  ${letter.reason}: ${letter.message}`]),
    ...(more > 0 ? [`… and ${more} more: see --max`] : []),
    ...contextLine(shown),
  ].join('\n');
}

/** What became of the letters, as one JSON document. */
export function retriedDocument({ halted, ...retried }: Retried) {
  return { ...retried, halted: halted === null ? null : { code: halted.code, message: halted.message } };
}

/** The same for people. */
export function retriedText(retried: Retried, reason: string | null): string {
  const { tables, ofSources, halted } = retried;
  const lines = tables.map(
    ({ table, letters, written, superseded, filtered, failed }) =>
      `${table}: ${letters} retried: ${written} written, ${superseded} superseded by a newer record, ` +
      `${filtered} filtered, ${failed} failed again`,
  );
  const none = lines.length === 0 && ofSources === 0 && halted === null ? [nothing(retried, reason)] : [];
  const unknown = none.length > 0 ? [] : contextLine(retried);
  return [...lines, ...none, ...sourceLine(ofSources), ...unknown].join('\n');
}

function lineOf({ table, connector, keyAttributes, key, place, setAside }: ShownLetter): string {
  const named = key === undefined ? keyAttributes.join(', ') : JSON.stringify(key);
  const where = Object.entries(place).map(([name, value]) => `${name} ${value}`);
  return [setAside, table ?? connector, ...(named === '' ? [] : [`key ${named}`]), ...where].join('  ');
}

const titleOf = ({ migration, target, topic }: Whose) => `${migration} → ${target}, topic ${topic}`;

const nothing = (whose: Whose, reason: string | null) =>
  [
    `${titleOf(whose)}: no dead letters${reason === null ? '' : ` with reason ${reason}`} wait`,
    ...contextLine(whose),
  ].join('\n');

const contextLine = ({ withoutContext }: Whose): string[] =>
  withoutContext === 0 ? [] : [`${withoutContext} letters ${WITHOUT_CONTEXT}`];

const sourceLine = (letters: number): string[] => (letters === 0 ? [] : [`${letters} of them ${OF_SOURCES}`]);
