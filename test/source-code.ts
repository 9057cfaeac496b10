import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file of the repository, as the architecture test looks at it. */
export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string;
  /** The first folder of the path. */
  readonly room: string;
  readonly text: string;
  readonly lines: number;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const ignored = /^(node_modules|dist|\.git)$/;

/** All files with one of these endings, below the given folders. */
export function sourceFiles(folders: readonly string[], ending: RegExp): SourceFile[] {
  return folders
    .flatMap((folder) => below(folder))
    .flatMap((path) => (ending.test(path) ? [readSource(path)] : []));
}

/** Every folder at the root that is ours. */
export function rootFolders(): string[] {
  const entries = readdirSync(root, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !ignored.test(entry.name))
    .map((entry) => entry.name);
}

function below(folder: string): string[] {
  const entries = readdirSync(`${root}${folder}`, { withFileTypes: true });
  return entries.flatMap((entry) => {
    if (ignored.test(entry.name)) return [];
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? below(path) : [path];
  });
}

function readSource(path: string): SourceFile {
  const text = readFileSync(`${root}${path}`, 'utf8');
  return { path, room: path.split('/')[0] ?? '', text, lines: text.trimEnd().split('\n').length };
}

/** What a file imports, as written; types, dynamic imports and re-exports too. */
export function importsOf(text: string): string[] {
  const code = withoutComments(text);
  const statements =
    /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]/gm;
  const calls = /\bimport\(\s*['"]([^'"]+)['"]/g;
  const found = [...code.matchAll(statements), ...code.matchAll(calls)];
  return found.map((match) => match[1] ?? match[2] ?? '');
}

/** The file a relative import names, from the root; undefined for packages. */
export function importedPath(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

/** A block that opens behind a parameter list or an arrow: a function's body (or a part of one). */
export interface Body {
  readonly line: number;
  readonly lines: number;
}

/** The bodies of a file's functions, found by their braces: near enough to the grammar to hold a limit. */
export function functionBodies(text: string): Body[] {
  const code = withoutTexts(text);
  const open: { line: number; isBody: boolean }[] = [];
  const bodies: Body[] = [];
  let line = 1;
  for (let at = 0; at < code.length; at++) {
    const character = code[at];
    if (character === '\n') line++;
    if (character === '{') {
      open.push({ line, isBody: /(=>|\)(\s*:[^;{}()=]+)?)\s*$/.test(code.slice(Math.max(0, at - 200), at)) });
    }
    if (character !== '}') continue;
    const block = open.pop();
    if (block?.isBody) bodies.push({ line: block.line, lines: line - block.line + 1 });
  }
  return bodies;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, blank);
}

/** Blanks comments, strings, templates and regular expressions, whose braces mean nothing. */
function withoutTexts(text: string): string {
  const tokens = [
    /\/\*[\s\S]*?\*\//, // comment
    /\/\/[^\n]*/, // comment to the end of the line
    /'(?:[^'\\\n]|\\.)*'/,
    /"(?:[^"\\\n]|\\.)*"/,
    /`(?:[^`\\$]|\\[\s\S]|\$(?!\{)|\$\{(?:[^{}`]|`[^`]*`|\{[^{}]*\})*\})*`/, // with code nested twice
    /(?<=[=(,:[!&|?;]\s*|return\s+)\/(?![*/])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/, // regular expression
  ];
  return text.replace(new RegExp(tokens.map((token) => token.source).join('|'), 'g'), blank);
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}
