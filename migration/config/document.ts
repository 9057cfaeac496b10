import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { type ConfigProblem, dottedKey } from '../../connectors/config/errors.ts';
import { PlaceholderError } from '../../connectors/config/placeholders.ts';
import type { Finding, KeyPath } from './finding.ts';

/** A YAML file as plain values, with the place of each. */
export interface ReadDocument {
  readonly value: unknown;
  /** Dotted keys whose text came from placeholders: it may be a secret. */
  readonly filled: ReadonlySet<string>;
  readonly problems: readonly ConfigProblem[];
  /** A finding with its place: that of its key or value, else of the nearest key above that the file has. */
  readonly place: (finding: Finding) => ConfigProblem;
}

interface Offsets {
  readonly key: number;
  readonly value: number;
}

/** Nodes of one document; more are a mistake (or aliases that multiply each other). */
const nodesMax = 100_000;

class Walk {
  readonly findings: Finding[] = [];
  readonly offsets = new Map<string, Offsets>();
  readonly filled = new Set<string>();
  readonly #document: Document.Parsed;
  readonly #fill: (text: string) => string;
  readonly #lineOf: (offset: number) => number;
  readonly #above = new Set<Node>();
  #nodes = 0;

  constructor(document: Document.Parsed, fill: (text: string) => string, lineOf: (offset: number) => number) {
    this.#document = document;
    this.#fill = fill;
    this.#lineOf = lineOf;
  }

  /** The plain value of a node; what is wrong becomes a finding, and the walk goes on. */
  valueOf(node: unknown, path: KeyPath): unknown {
    if (++this.#nodes > nodesMax) return null;
    if (isScalar(node)) return typeof node.value === 'string' ? this.#textOf(node.value, path) : node.value;
    const target = isAlias(node) ? node.resolve(this.#document) : node;
    if (isScalar(target)) return this.valueOf(target, path);
    if (isAlias(node) && target === undefined) {
      return this.#find(path, 'refers to an anchor that is not there', 'Put a text with * into quotes.');
    }
    if (!isMap(target) && !isSeq(target)) return null;
    if (this.#above.has(target)) return this.#find(path, 'refers to itself', 'Write the value out.');
    this.#above.add(target);
    const value = isMap(target)
      ? this.#mappingOf(target, path)
      : target.items.map((item, index) => {
          this.#remember([...path, index], item, item);
          return this.valueOf(item, [...path, index]);
        });
    this.#above.delete(target);
    return value;
  }

  #mappingOf(map: YAMLMap<unknown, unknown>, path: KeyPath): unknown {
    const values = new Map<string, unknown>();
    for (const { key, value } of map.items) {
      // The source text of a key: `2024:` is the name "2024", not a number.
      const name = isScalar(key) ? (typeof key.value === 'string' ? key.value : (key.source ?? '')) : '';
      const here = [...path, name];
      if (values.has(name)) {
        const first = this.#lineOf(this.offsets.get(dottedKey(here))?.key ?? 0);
        this.#remember(here, key, key);
        this.#find(here, `is given twice (first in line ${first})`, 'Keep one of the two.', 'key');
        continue;
      }
      this.#remember(here, key, value ?? key);
      values.set(name, this.valueOf(value, here));
    }
    return Object.fromEntries(values);
  }

  #textOf(text: string, path: KeyPath): string {
    if (!text.includes('${')) return text;
    this.filled.add(dottedKey(path));
    try {
      return this.#fill(text);
    } catch (error) {
      if (!(error instanceof PlaceholderError)) throw error;
      this.#find(path, error.message, error.remedy);
      return text;
    }
  }

  #find(path: KeyPath, message: string, remedy: string, at: 'key' | 'value' = 'value'): null {
    this.findings.push({ path, at, message, remedy });
    return null;
  }

  #remember(path: KeyPath, key: unknown, value: unknown) {
    const start = (node: unknown) => (node as Partial<Node> | null)?.range?.[0] ?? 0;
    this.offsets.set(dottedKey(path), { key: start(key), value: start(value) || start(key) });
  }
}

/** What the YAML parser says, without the text it stumbled over: that may be a secret. */
function syntaxMessage(code: string, message: string): string {
  if (code === 'TAB_AS_INDENT') return 'a tab is used to indent';
  if (code === 'MULTIPLE_DOCS') return 'the file holds more than one document';
  if (code === 'UNEXPECTED_TOKEN') return 'is not YAML from here on';
  return message.split('\n')[0]?.replace(/:\s.*$/, '') ?? code;
}

/**
 * Reads a YAML file with the place of every key, and placeholders filled.
 *
 * @param fill gives a text with its placeholders filled, or throws PlaceholderError
 */
export function readDocument(text: string, fill: (text: string) => string): ReadDocument {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { ...parseOptions, lineCounter });
  return documentOf(document, fill, lineCounter);
}

/** Reads a YAML file of several documents, which has no placeholders; those that say nothing are left out. */
export function readDocuments(text: string): readonly ReadDocument[] {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { ...parseOptions, lineCounter });
  if (!Array.isArray(documents)) return [];
  return documents
    .map((document) => documentOf(document, (plain) => plain, lineCounter))
    .filter(({ value, problems }) => value !== null || problems.length > 0);
}

const parseOptions = { prettyErrors: false, uniqueKeys: false };

function documentOf(
  document: Document.Parsed,
  fill: (text: string) => string,
  lineCounter: LineCounter,
): ReadDocument {
  const positionOf = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const syntax = [...document.errors, ...document.warnings].map((error) => ({
    ...positionOf(error.pos[0]),
    key: '',
    message: syntaxMessage(error.code, error.message),
    remedy: 'Correct the YAML; values with special characters go into quotes.',
  }));
  const walk = new Walk(document, fill, (offset) => positionOf(offset).line);
  const value = document.errors.length > 0 ? null : walk.valueOf(document.contents, []);
  const begin = document.contents?.range?.[0] ?? 0;
  const place = ({ path, at, message, remedy }: Finding): ConfigProblem => {
    let offset = begin;
    for (let depth = path.length; depth > 0; depth--) {
      const offsets = walk.offsets.get(dottedKey(path.slice(0, depth)));
      if (offsets === undefined) continue;
      offset = depth === path.length ? offsets[at] : offsets.key;
      break;
    }
    return { ...positionOf(offset), key: dottedKey(path), message, remedy };
  };
  return { value, filled: walk.filled, problems: [...syntax, ...walk.findings.map(place)], place };
}
