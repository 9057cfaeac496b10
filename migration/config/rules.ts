import { closestWord } from '../../connectors/config/suggest.ts';
import { isGlob, isSelected, matchesEntry } from '../../connectors/table-globs.ts';
import type { Migration } from './defaults.ts';
import type { Finding, KeyPath } from './finding.ts';
import { credentialFindings, kafkaLoginFindings } from './login-rules.ts';
import { nameFor } from './names.ts';
import type { Needs } from './needs.ts';
import { topicFindings } from './topic-rules.ts';
import { transformFindings } from './transform-rules.ts';

type Rule = (migration: Migration) => Finding[];

const value = (path: KeyPath, message: string, remedy: string): Finding => ({
  path,
  at: 'value',
  message,
  remedy,
});
const key = (path: KeyPath, message: string, remedy: string): Finding => ({
  path,
  at: 'key',
  message,
  remedy,
});

const tablesAreDistinct: Rule = ({ source }) =>
  source.tables.flatMap((entry, index) =>
    source.tables.indexOf(entry) === index
      ? []
      : [value(['source', 'tables', index], `"${entry}" is given twice`, 'Remove one of the two.')],
  );

/** A glob may stand for no table yet, and a file may name more than it moves; a name that is nearly a table's is a mistake. */
const perTableKeysNameTables: Rule = ({ source, kafka, target }) => {
  const sections: [KeyPath, Readonly<Record<string, unknown>>][] = [
    [['source', 'snapshot', 'manifests'], source.snapshot.manifests],
    [['source', 'snapshot', 'incremental'], source.snapshot.incremental],
    [['kafka', 'topics'], kafka.topics],
    [['target', 'tables'], target.type === 'alternator' ? target.tables : {}],
  ];
  return sections.flatMap(([path, section]) =>
    Object.keys(section)
      .filter((table) => !isSelected(source.tables, table))
      .flatMap((table) => {
        const near = closestWord(table, source.tables);
        if (near === null) return [];
        const message = 'names a table that source.tables does not hold';
        return [key([...path, table], message, `Did you mean "${near}"?`)];
      }),
  );
};

/** What a glob stands for besides the exports named here, the export connector asks when it knows the tables. */
const manifestsAreThere: Rule = ({ source: { snapshot, tables } }) => {
  if (snapshot.from !== 'manifest') return [];
  const named = Object.keys(snapshot.manifests);
  return tables.flatMap((entry, index) =>
    named.some((table) => matchesEntry(entry, table)) || (isGlob(entry) && named.length > 0)
      ? []
      : [
          value(
            ['source', 'tables', index],
            `"${entry}" has no export in source.snapshot.manifests`,
            isGlob(entry)
              ? 'Name the manifest-summary.json of each table it stands for.'
              : `Add manifests: {${entry}: s3://…/manifest-summary.json}.`,
          ),
        ],
  );
};

/** A window says what has changed since; without the rows before it, it is worth nothing. */
const windowsContinueAnExport: Rule = ({ source: { snapshot, tables: moved } }) => {
  const path = ['source', 'snapshot', 'incremental'];
  const tables = Object.keys(snapshot.incremental);
  if (tables.length === 0) return [];
  if (snapshot.from !== 'manifest') {
    const remedy = 'Name the full export in manifests, with from: manifest; or remove incremental.';
    return [key(path, `needs from: manifest, not ${snapshot.from}`, remedy)];
  }
  return tables
    .filter((table) => isSelected(moved, table) && !Object.hasOwn(snapshot.manifests, table))
    .map((table) =>
      key(
        [...path, table],
        'has no full export in source.snapshot.manifests',
        `Add manifests: {${table}: s3://…/manifest-summary.json}, the export that the windows continue.`,
      ),
    );
};

/** An export has to be written somewhere. */
const bucketIsThere: Rule = ({ source: { snapshot } }) =>
  snapshot.from === 'export' && snapshot.s3?.bucket === undefined
    ? [
        key(
          ['source', 'snapshot', 's3', 'bucket'],
          'is missing: from: export (the default) writes an export to it',
          'Add s3: {bucket: NAME}; or use from: scan, or from: manifest.',
        ),
      ]
    : [];

const keyHasItsAlgorithm: Rule = ({ source: { snapshot } }) =>
  snapshot.s3?.kmsKeyId !== undefined && snapshot.s3.sseAlgorithm !== 'KMS'
    ? [
        key(
          ['source', 'snapshot', 's3', 'kmsKeyId'],
          'needs sseAlgorithm: KMS',
          'Add it, or remove kmsKeyId.',
        ),
      ]
    : [];

const somethingIsMoved: Rule = ({ source }) =>
  source.snapshot.from === 'none' && source.changes === 'none'
    ? [
        value(
          ['source', 'changes'],
          'is none, and so is source.snapshot.from: nothing is moved',
          'Give one of the two a source.',
        ),
      ]
    : [];

/** Two tables that land in one would overwrite each other. */
const targetNamesAreDistinct: Rule = ({ source, target }) => {
  if (target.type !== 'alternator') return [];
  const taken = new Map<string, string>();
  const tables = new Set([...source.tables.filter((entry) => !isGlob(entry)), ...Object.keys(target.tables)]);
  return [...tables].flatMap((table) => {
    const name = nameFor(target.tables, table);
    const other = taken.get(name);
    taken.set(name, table);
    return other === undefined
      ? []
      : [
          value(
            ['target', 'tables', Object.hasOwn(target.tables, table) ? table : other],
            `"${name}" is the target table of both ${other} and ${table}`,
            'Give each its own name.',
          ),
        ];
  });
};

const sourceCredentialsAreWhole: Rule = ({ source }) =>
  credentialFindings(['source', 'credentials'], source.credentials);

const loginIsWhole: Rule = ({ target }) => {
  if (target.type !== 'cql' || (target.username === undefined) === (target.password === undefined)) return [];
  const lacking = target.username === undefined ? 'username' : 'password';
  return [key(['target', lacking], 'is missing', 'username and password come together.')];
};

/** The sink's name must not be that of a source connector: `<name>-snapshot`, `<name>-changes`. */
const sinkNameIsFree: Rule = ({ target }) =>
  target.name === 'snapshot' || target.name === 'changes'
    ? [value(['target', 'name'], `"${target.name}" is the name of a source connector`, 'Use another name.')]
    : [];

const topicNamesAreLegal: Rule = (migration) =>
  topicFindings(migration, [...new Set(migration.source.tables.filter((entry) => !isGlob(entry)))]);

const rules: readonly Rule[] = [
  tablesAreDistinct,
  perTableKeysNameTables,
  manifestsAreThere,
  windowsContinueAnExport,
  bucketIsThere,
  keyHasItsAlgorithm,
  somethingIsMoved,
  targetNamesAreDistinct,
  sourceCredentialsAreWhole,
  kafkaLoginFindings,
  loginIsWhole,
  sinkNameIsFree,
  topicNamesAreLegal,
  transformFindings,
];

/** Not asked where the snapshot does not matter. */
const snapshotRules: ReadonlySet<Rule> = new Set([manifestsAreThere, windowsContinueAnExport, bucketIsThere]);

/** What contradicts itself in a file whose every key is valid. */
export const ruleFindings = (migration: Migration, { needsSnapshot }: Needs): Finding[] =>
  rules.filter((rule) => needsSnapshot || !snapshotRules.has(rule)).flatMap((rule) => rule(migration));
