import { alternatives, type Shape } from '../../connectors/config/shape.ts';
import { allShapes } from './shape.ts';

const lineWidth = 110;

/**
 * JSON as the project's formatter leaves it: lists of plain values on one line where they fit.
 *
 * @param around width of what stands before and behind the value on its line
 */
export function formattedJson(value: unknown, indent = '', around = 0): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  if (entries.length === 0) return isList ? '[]' : '{}';
  const inner = `${indent}  `;
  const parts = entries.map(([key, item], i) => {
    const label = isList ? '' : `${JSON.stringify(key)}: `;
    const comma = i < entries.length - 1 ? 1 : 0;
    return label + formattedJson(item, inner, inner.length + label.length + comma);
  });
  const onOneLine = `[${parts.join(', ')}]`;
  const isPlain = isList && value.every((item) => typeof item !== 'object' || item === null);
  if (isPlain && around + onOneLine.length <= lineWidth) return onOneLine;
  return `${isList ? '[' : '{'}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${isList ? ']' : '}'}`;
}

function typeOf(shape: Shape): string {
  if (shape.const !== undefined) return `\`${String(shape.const)}\``;
  if (shape.enum !== undefined) return shape.enum.map((word) => `\`${String(word)}\``).join(' ');
  if (shape.anyOf !== undefined) {
    // The word null without quotes is the word.
    return shape.anyOf
      .filter(({ type }) => type !== 'null')
      .map(typeOf)
      .join(' or ');
  }
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

/** Required keys have no default; the parent says so, so it is looked up by path. */
export function requiredPaths(section: Shape, above: readonly string[]): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const [path, shape] of allShapes(section, above)) {
    for (const branch of [shape, ...alternatives(shape)]) {
      for (const key of branch.required ?? []) paths.add(dotted([...path, key]));
    }
  }
  return paths;
}

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

/** A heading, and a table of keys. */
export const sectionText = (
  title: string,
  rows: readonly (readonly [readonly string[], Shape])[],
  required: ReadonlySet<string>,
): string =>
  `## ${title}\n\n| key | type | default | meaning |\n|---|---|---|---|\n${rowsOf(rows, required)}\n`;
