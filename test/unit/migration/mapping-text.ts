import { ConfigError, type ConfigProblem } from '../../../connectors/config/errors.ts';
import { parseMapping } from '../../../migration/config/mapping-file.ts';
import { validText } from './migration-text.ts';

/** A mapping of the table of {@link validText}; its lines are counted on by tests. */
export const musicMapping = `table: Music
into: {table: songs}
key: {partition: [artist], clustering: [title]}
columns:
  - {column: artist, type: text, attribute: Artist}
  - {column: title, type: text, attribute: SongTitle}
  - {column: price, type: decimal, attribute: Price}
  - {column: tags, type: 'frozen<set<text>>', attribute: Tags}
leftovers: {column: other}
`;

/** A migration file for CQL, which names a mapping file beside it. */
export const cqlText = validText.replace(
  'type: alternator\n  endpoints: [http://127.0.0.1:8001]',
  'type: cql\n  contactPoints: [127.0.0.1:9042]\n  keyspace: music\n  mapping: music.mapping.yaml',
);

export const mappingOf = (text: string, tables: readonly string[] = ['Music', 'orders-*']) =>
  parseMapping(text, 'music.mapping.yaml', tables);

/** What is wrong with a text, each as `line:column key: message | remedy`. */
export function mappingProblems(text: string, tables?: readonly string[]): string[] {
  try {
    mappingOf(text, tables);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(asLine);
  }
}

export const asLine = ({ line, column, key, message, remedy }: ConfigProblem) =>
  `${line}:${column} ${key}: ${message} | ${remedy}`;
