import type { TableFacts } from '../../connectors/catalog-records.ts';
import { pathText } from '../../schemas/attribute-path.ts';
import type { KeyType } from '../../schemas/values.ts';
import type { AttributeTally } from './attribute-tally.ts';
import { type Choice, choiceOf } from './column-choice.ts';
import type { SampleTally } from './sample-tally.ts';

/** A mapping document, in the words of the mapping file. */
export interface ProposedDocument {
  readonly table: string;
  readonly into?: { readonly table: string };
  readonly key: { readonly partition: readonly string[]; readonly clustering?: readonly string[] };
  readonly columns: readonly ProposedColumn[];
  readonly leftovers: { readonly column: string; readonly type: string };
}

export interface ProposedColumn {
  readonly column: string;
  readonly type: string;
  readonly attribute: string;
  readonly onMismatch?: 'leftovers';
}

/** One attribute and what becomes of it. */
export interface ProposedAttribute {
  readonly name: string;
  /** Items that have it. */
  readonly values: number;
  /** Values by DynamoDB type, most frequent first. */
  readonly types: Readonly<Record<string, number>>;
  /** Null: its values are in the leftovers column. */
  readonly type: string | null;
  /** Why it has no column; null where it has one. */
  readonly why: string | null;
  readonly conflict: boolean;
  readonly notes: readonly string[];
}

/** A mapping for a table that loses nothing, and why it is so. */
export interface Proposal {
  readonly document: ProposedDocument;
  /** Key attributes, then the most frequent first. */
  readonly attributes: readonly ProposedAttribute[];
}

/** Every row that is written names all columns; ScyllaDB's limit is "hundreds" (docs: limits). */
const COLUMNS_MAX = 200;
/** An attribute of fewer items is not worth a column. */
const RARE_SHARE = 0.01;
/** A longer name makes no handy column, and some tools refuse it. */
const COLUMN_NAME_BYTES_MAX = 200;

const KEY_TYPES: Readonly<Record<KeyType, string>> = { S: 'text', N: 'decimal', B: 'blob' };

/** Proposes a mapping from what a sample shows. Never drops anything: what has no column is in the leftovers column. */
export function proposalOf(facts: TableFacts, sample: SampleTally): Proposal {
  const keys = facts.keySchema.map(({ name }) => name);
  const attributes = [
    ...facts.keySchema.map(({ name, type }) => keyAttribute(name, type, sample.attributes.get(name))),
    ...withinLimit(
      [...sample.attributes]
        .filter(([name]) => !keys.includes(name))
        .sort(([a, x], [b, y]) => y.values - x.values || (a < b ? -1 : 1))
        .map(([name, tally]) => attributeOf(name, tally, sample.items)),
      COLUMNS_MAX - keys.length,
    ),
  ];
  const [partition = '', ...clustering] = keys;
  const columns = attributes.flatMap(columnOf);
  const target = tableNameFor(facts.table);
  const taken = new Set([...keys, ...sample.attributes.keys()]);
  const document = {
    table: facts.table,
    ...(target === facts.table ? {} : { into: { table: target } }),
    key: { partition: [partition], ...(clustering.length === 0 ? {} : { clustering }) },
    columns,
    leftovers: { column: freeName('leftovers', taken), type: 'frozen<map<text, text>>' },
  };
  return { document, attributes };
}

/** A key column must hold every value that may come: one that does not fit could not be written at all. */
function keyAttribute(name: string, keyType: KeyType, tally: AttributeTally | undefined): ProposedAttribute {
  const wider = tally !== undefined && keyType === 'N' && tally.numbers.type === 'bigint';
  const notes = wider ? ['All N fit bigint; decimal, unlike it, takes every key that DynamoDB does.'] : [];
  return {
    name,
    values: tally?.values ?? 0,
    types: typesOf(tally),
    type: KEY_TYPES[keyType],
    why: null,
    conflict: false,
    notes,
  };
}

function attributeOf(name: string, tally: AttributeTally, items: number): ProposedAttribute {
  const choice = nameFault(name) ?? rarity(tally, items) ?? choiceOf(name, tally);
  return {
    name,
    values: tally.values,
    types: typesOf(tally),
    type: choice.column ? choice.type : null,
    why: choice.column ? null : choice.why,
    conflict: choice.column && choice.conflict,
    notes: choice.notes,
  };
}

const left = (why: string): Choice => ({ column: false, why, notes: [] });

function rarity({ values }: AttributeTally, items: number): Choice | null {
  return values < items * RARE_SHARE ? left('it is rare') : null;
}

const isControl = (char: string) => char < ' ' || char === '\x7f';

function nameFault(name: string): Choice | null {
  if (Buffer.byteLength(name) > COLUMN_NAME_BYTES_MAX) return left('its name is too long for a column');
  return name === '' || [...name].some(isControl) ? left('its name is none for a column') : null;
}

function withinLimit(attributes: readonly ProposedAttribute[], most: number): ProposedAttribute[] {
  let columns = 0;
  return attributes.map((one) =>
    one.type === null || ++columns <= most
      ? one
      : { ...one, type: null, conflict: false, why: `there are ${COLUMNS_MAX} columns already` },
  );
}

function columnOf({ name, type, conflict }: ProposedAttribute): ProposedColumn[] {
  if (type === null) return [];
  const column = { column: name, type, attribute: pathText([name]) };
  return [conflict ? { ...column, onMismatch: 'leftovers' } : column];
}

const typesOf = (tally: AttributeTally | undefined) => Object.fromEntries(tally?.types() ?? []);

/** CQL takes word characters only in names of tables, however quoted, and ScyllaDB so many (docs: limits). */
const tableNameFor = (table: string) => table.replace(/\W/g, '_').slice(0, 192);

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let n = 2; taken.has(name); n++) name = `${wanted}_${n}`;
  return name;
}
