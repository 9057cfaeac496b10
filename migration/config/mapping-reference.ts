import { mappingShape } from './mapping-file.ts';
import { formattedJson, requiredPaths, sectionText } from './reference-page.ts';
import { allShapes } from './shape.ts';

/** The JSON Schema of one document of a mapping file, for editors: the text of docs/mapping.schema.json. */
export function mappingJsonSchema(): string {
  return `${formattedJson({ title: 'Messina mapping file: one document', ...mappingShape })}\n`;
}

const head = `# The mapping file

<!-- Made from schemas/cql/mapping-schema.ts; UPDATE_PAGES=1 npx vitest run test/unit/migration writes it anew. -->

Says what becomes of tables in CQL; \`target.mapping\` of the [migration file](migration-file.md) names it. What the keys do together is in
[cql.md](cql.md), and \`messina infer\` proposes a file.

YAML: one document per table, with \`---\` between them; JSON for a single one. Editors can check each document:
[mapping.schema.json](mapping.schema.json). Unknown keys are errors. A table without a document gets its key columns and one column
for all other attributes.

\`.*\` stands for the entries of a list, or for names of your own.
`;

/** The reference of the mapping file: the text of docs/mapping-file.md. */
export function mappingReference(): string {
  const rows = [...allShapes(mappingShape)].filter(
    ([path, { description }]) => path.length > 0 && description !== undefined,
  );
  return `${head}\n${sectionText('Keys of a document', rows, requiredPaths(mappingShape, []))}`;
}
