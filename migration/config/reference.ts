import { notBuilt } from './not-built.ts';
import { allShapes, migrationShape, type Shape } from './shape.ts';

const lineWidth = 110;

/**
 * JSON as the project's formatter leaves it: lists of plain values on one line where they fit.
 *
 * @param before width of what stands before the value on its line
 */
export function formattedJson(value: unknown, indent = '', before = 0): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  if (entries.length === 0) return isList ? '[]' : '{}';
  const inner = `${indent}  `;
  const parts = entries.map(([key, item]) => {
    const label = isList ? '' : `${JSON.stringify(key)}: `;
    return label + formattedJson(item, inner, inner.length + label.length);
  });
  const onOneLine = `[${parts.join(', ')}]`;
  const isPlain = isList && value.every((item) => typeof item !== 'object' || item === null);
  if (isPlain && before + onOneLine.length <= lineWidth) return onOneLine;
  return `${isList ? '[' : '{'}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${isList ? ']' : '}'}`;
}

/** The JSON Schema of the migration file, for editors: the text of docs/migration-file.schema.json. */
export function migrationJsonSchema(): string {
  return `${formattedJson({ title: 'Messina migration file', ...migrationShape })}\n`;
}

function typeOf(shape: Shape): string {
  if (shape.const !== undefined) return `\`${String(shape.const)}\``;
  if (shape.enum !== undefined) return shape.enum.map((word) => `\`${String(word)}\``).join(' ');
  if (shape.type === 'array') return 'list';
  if (shape.type === 'object' || shape.oneOf !== undefined) return 'mapping';
  if (shape.type === 'integer') return 'whole number';
  if (shape.type !== 'string') return shape.type ?? 'any';
  return `${shape.path === true ? 'path' : 'text'}${shape.secret === true ? ', secret' : ''}`;
}

function defaultOf(shape: Shape): string {
  const value = shape.default;
  if (value === undefined || (typeof value === 'object' && value !== null)) return '';
  return `\`${String(value)}\``;
}

const dotted = (path: readonly string[]) =>
  path.map((step, index) => (step === '*' ? '.*' : index === 0 ? step : `.${step}`)).join('');

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '\\<');

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

/** Required keys have no default; the parent says so, so it is looked up by path. */
function requiredPaths(section: Shape, above: readonly string[]): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const [path, shape] of allShapes(section, above)) {
    for (const branch of [shape, ...(shape.oneOf ?? [])]) {
      for (const key of branch.required ?? []) paths.add(dotted([...path, key]));
    }
  }
  return paths;
}

const head = `# The migration file

<!-- Made from migration/config/*-schema.ts; UPDATE_PAGES=1 npx vitest run test/unit/migration writes it anew. -->

YAML, or JSON. Editors can check it: [migration-file.schema.json](migration-file.schema.json).

Any text may hold \`\${env:NAME}\` (an environment variable), \`\${file:/path:key}\` (a key of a properties file) or
\`\${file:/path}\` (a whole file, without the white space around it). Relative paths count from the folder of the
migration file. Unknown keys are errors.

\`.*\` stands for the entries of a list, or for keys of your own, such as table names.
`;

/** One line per key: shapes that share a key (the mechanisms of SASL) share its line. */
function rowsOf(
  shapes: readonly (readonly [readonly string[], Shape])[],
  required: ReadonlySet<string>,
): string {
  const byKey = new Map<string, Shape[]>();
  for (const [path, shape] of shapes) {
    byKey.set(dotted(path), [...(byKey.get(dotted(path)) ?? []), shape]);
  }
  return [...byKey]
    .map(([key, [first, ...others]]) => {
      const types = new Set([first, ...others].map((shape) => typeOf(shape ?? {})));
      const fallback = required.has(key) ? 'required' : defaultOf(first ?? {});
      return `| \`${key}\` | ${cell([...types].join(' '))} | ${fallback} | ${cell(first?.description ?? '')} |`;
    })
    .join('\n');
}

const missing = () =>
  `Not in this version, and refused by name: ${notBuilt.map(({ path, what }) => `\`${path.join('.')}\` (${what})`).join(', ')}.`;

/** The reference of the migration file: the text of docs/migration-file.md. */
export function migrationReference(): string {
  const sections = [...tables()].map(
    ({ title, rows, required }) =>
      `## ${title}\n\n| key | type | default | meaning |\n|---|---|---|---|\n${rowsOf(rows, required)}\n`,
  );
  return `${head}\n${missing()}\n\n${sections.join('\n')}`;
}
