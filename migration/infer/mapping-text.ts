import { Document, isCollection, isSeq, type Node } from 'yaml';
import type { TableFacts } from '../../connectors/catalog-records.ts';
import { pathText } from '../../schemas/attribute-path.ts';
import { nameText } from './column-choice.ts';
import type { Proposal, ProposedAttribute } from './proposal.ts';
import type { SampleTally } from './sample-tally.ts';

/** What a proposal was made from. */
export interface Basis {
  readonly facts: TableFacts;
  readonly from: 'topics' | 'source';
  readonly sample: SampleTally;
  /** When it was read, our clock. */
  readonly readAt: Date;
}

/** So many attributes without a column are listed; JSON has them all. */
const LISTED_MAX = 50;
/** Cassandra's limit of a table's name; ScyllaDB's is 192. */
const CASSANDRA_NAME_MAX = 48;

/**
 * A proposal as a document of a mapping file, with what speaks for each line as comments.
 *
 * It begins with `---`, so that the mappings of several tables can be written one behind the other. Names of attributes
 * stand in comments, values never.
 */
export function mappingText(proposal: Proposal, basis: Basis): string {
  const { document, attributes } = proposal;
  const yaml = new Document(document);
  yaml.commentBefore = comment(headLines(proposal, basis));
  for (const path of [['into'], ['key'], ['leftovers']]) asFlow(yaml.getIn(path, true));
  const columns = yaml.get('columns', true);
  const withColumn = attributes.filter(({ type }) => type !== null);
  if (isSeq(columns)) {
    columns.items.forEach((item, index) => {
      const attribute = withColumn[index];
      const node = asFlow(item);
      if (node && attribute) node.commentBefore = comment(columnLines(attribute, basis.sample.items));
    });
  }
  const tail = tailLines(proposal, basis);
  if (tail.length > 0) yaml.comment = comment(tail);
  return `---\n${yaml.toString({ lineWidth: 0, flowCollectionPadding: false })}`;
}

function asFlow(node: unknown): Node | null {
  if (!isCollection(node)) return null;
  node.flow = true;
  return node;
}

const comment = (lines: readonly string[]) => lines.map((line) => ` ${line}`).join('\n');

function headLines({ document }: Proposal, { facts, from, sample, readAt }: Basis): string[] {
  const what = from === 'topics' ? 'item images of its topics' : 'items of a scan';
  const apart = [
    [sample.deletes, 'deletes'],
    [sample.filtered, 'items that transforms filter'],
    [sample.failed, 'items that cannot be read or transformed'],
  ].flatMap(([count, name]) => (count === 0 ? [] : [`${count} ${name}`]));
  const also = apart.length === 0 ? '' : `, besides ${apart.join(', ')}`;
  const seen = `from ${sample.items} ${what} (${readAt.toISOString()})${also}.`;
  const { column } = document.leftovers;
  const lines = [
    `Proposed by messina infer for table ${facts.table}, ${seen}`,
    `Nothing is lost: an attribute without a column, and a value that its column cannot hold exactly, is kept in the column`,
    `${nameText(column)}, by its name, as DynamoDB JSON. Counts are of what was read; other items may hold other types.`,
  ];
  if (sample.items === 0) lines.push('There was no item to look at: only the key columns are known.');
  if ((document.into?.table ?? facts.table).length > CASSANDRA_NAME_MAX) {
    lines.push(
      `Cassandra takes ${CASSANDRA_NAME_MAX} characters at most for a table: name it in into: {table: …}.`,
    );
  }
  return lines;
}

function columnLines({ values, types, notes }: ProposedAttribute, items: number): string[] {
  return [`${presence(values, items)}: ${typesText(types)}`, ...notes];
}

function tailLines({ attributes }: Proposal, { facts, sample }: Basis): string[] {
  const without = attributes.filter(({ type }) => type === null);
  const lines = without.slice(0, LISTED_MAX).map(({ name, values, types, why, notes }) => {
    const counts = `${presence(values, sample.items)}, ${typesText(types)}`;
    return [`- ${nameText(name)} (${counts}): ${why}.`, ...notes].join(' ');
  });
  if (lines.length > 0) lines.unshift('In the leftovers column:');
  if (without.length > LISTED_MAX)
    lines.push(`- and ${without.length - LISTED_MAX} more (--json lists them)`);
  if (sample.otherValues > 0)
    lines.push(`- ${sample.otherValues} values of attributes beyond the first ${sample.attributes.size}`);
  return [...lines, ...expiryLines(facts, sample)];
}

/** How rows would expire by themselves; a choice that infer leaves to people. */
function expiryLines({ ttlAttribute }: TableFacts, { attributes }: SampleTally): string[] {
  if (ttlAttribute === null || attributes.get(ttlAttribute)?.numbers.epochUnit !== 'seconds') return [];
  return [
    `The source deletes items by ${nameText(ttlAttribute)}, and these deletes are written too. To let rows expire by themselves:`,
    `ttl: {attribute: ${JSON.stringify(pathText([ttlAttribute]))}, unit: seconds, expired: keep}`,
  ];
}

function presence(values: number, items: number): string {
  if (values === items && items > 0) return 'in every item';
  if (values === 0) return 'in no item';
  const percent = Math.floor((values / items) * 100);
  return percent === 0 ? 'in less than 1 % of the items' : `in ${percent} % of the items`;
}

function typesText(types: Readonly<Record<string, number>>): string {
  const counts = Object.entries(types).map(([tag, count]) => `${tag} ${count}`);
  return counts.length === 0 ? 'no value' : counts.join(', ');
}
