import type { Shape } from '../../connectors/config/shape.ts';
import { formattedJson, requiredPaths, sectionText } from './reference-page.ts';
import { allShapes, migrationShape } from './shape.ts';

/** The JSON Schema of the migration file, for editors: the text of docs/migration-file.schema.json. */
export function migrationJsonSchema(): string {
  return `${formattedJson({ title: 'Messina migration file', ...migrationShape })}\n`;
}

interface Section {
  readonly title: string;
  readonly rows: readonly (readonly [readonly string[], Shape])[];
  /** Dotted paths of the keys that have no default and may not be left out. */
  readonly required: ReadonlySet<string>;
}

/** Sections of the page: keys at the top, then each section; a section of several shapes is one table per shape. */
function* tables(): Generator<Section> {
  const top = Object.entries(migrationShape.properties ?? {});
  const rows = top.map(([key, shape]) => [[key], shape] as const);
  yield { title: 'At the top', rows, required: new Set(migrationShape.required) };
  for (const [key, shape] of top) {
    const entries = shape.items ?? shape.additionalProperties;
    const isOfEntries = typeof entries === 'object' && entries.oneOf !== undefined;
    const path = isOfEntries ? [key, '*'] : [key];
    for (const branch of (isOfEntries ? entries.oneOf : shape.oneOf) ?? [shape]) {
      const type = branch.properties?.['type'];
      const name = type?.const ?? type?.enum?.[0];
      const rows = [...allShapes(branch, path)].slice(1);
      const title = name === undefined ? key : `${key}, type: ${String(name)}`;
      if (rows.length > 0) yield { title, rows, required: requiredPaths(branch, path) };
    }
  }
}

const head = `# The migration file

<!-- Made from migration/config/*-schema.ts and the options of the sinks; UPDATE_PAGES=1 npx vitest run test/unit/migration writes it anew. -->

YAML, or JSON. Editors can check it: [migration-file.schema.json](migration-file.schema.json).

Any text may hold \`\${env:NAME}\` (an environment variable), \`\${file:/path:key}\` (a key of a properties file),
\`\${file:/path}\` (a whole file, without the white space around it) or \`\${directory:/path:file}\` (a file of a folder, as
it is). Relative paths count from the folder of the migration file. Unknown keys are errors.

\`.*\` stands for the entries of a list, or for keys of your own, such as table names.
`;

/** The reference of the migration file: the text of docs/migration-file.md. */
export function migrationReference(): string {
  const sections = [...tables()].map(({ title, rows, required }) => sectionText(title, rows, required));
  return `${head}\n${sections.join('\n')}`;
}
