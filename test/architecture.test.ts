import { describe, expect, test } from 'vitest';
import {
  functionBodies,
  importedPath,
  importsOf,
  rootFolders,
  type SourceFile,
  sourceFiles,
} from './source-code.ts';

/** Which rooms a room may import, besides itself. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  schemas: [],
  dynamodb: ['schemas'],
  connectors: ['schemas'],
  source: ['connectors', 'dynamodb', 'schemas'],
  sink: ['connectors', 'dynamodb', 'schemas'],
  migration: ['source', 'sink', 'connectors', 'dynamodb', 'schemas'],
  workload: ['dynamodb', 'schemas'],
  cli: ['migration', 'workload', 'dashboard', 'source', 'sink', 'connectors', 'dynamodb', 'schemas'],
  dashboard: ['migration', 'source', 'sink', 'connectors', 'dynamodb', 'schemas'],
  local: [],
};

/** The command that exists for local services. */
const mayImportLocal = /^cli\/((commands\/)?demo\b[^/]*|demo\/[^/]+)\.ts$/;

/** Packages that only some places may know, tests and benches apart. */
const keptPackages = [
  { name: /^kafkajs$/, only: /^connectors\/kafka\//, why: 'only connectors/kafka/ knows kafkajs' },
  { name: /^@aws-sdk\//, only: /^(?!connectors\/|schemas\/)/, why: 'connectors and schemas know no AWS SDK' },
  { name: /^cassandra-driver$/, only: /^(sink|local)\//, why: 'only the sink speaks CQL' },
];

/** Written so that no pattern finds itself. */
const forbidden = [
  { pattern: /\b(?:TO(?:DO)|FIX(?:ME)|X(?:XX))\b/, why: 'finish it, or file an issue' },
  {
    pattern: /@ts-(?:ignore|nocheck)|biome-ignore(?:-all)? lint\/suspicious\/noExplicitAny/,
    why: 'no escape from types',
  },
  { pattern: /\bas any(?:\b)|[:<]\s*any(?:\b)\s*[,;)=>[\]]/, why: 'no any', only: /\.ts$/ },
  { pattern: /\b(?:test|it|describe)\.(?:skip|only|todo)\b/, why: 'every test runs', only: /\.test\.ts$/ },
  {
    pattern: /\/(?:work|root|home)\/[a-z]|\bshared\/(?:design|facts|prototypes)/,
    why: 'no path of one machine',
  },
  {
    pattern: /registry\.npmjs\.(?:org)|repo1\.maven\.(?:org)|proxy\.golang\.(?:org)/,
    why: 'no registry by name',
  },
];

const rooms = Object.keys(arrows).filter((room) => rootFolders().includes(room));
const code = sourceFiles(rooms, /\.ts$/);
const tests = sourceFiles(
  rootFolders().filter((folder) => /^(test|bench)$/.test(folder)),
  /\.ts$/,
);
const texts = sourceFiles(
  rootFolders(),
  /\.(ts|mjs|js|json|avsc|md|ya?ml|sh|xml|java|html|css)$|(^|\/)(run|Dockerfile)$/,
);

describe('dependencies', () => {
  test('a room imports only the rooms its arrows lead to', () => {
    const offences = code.flatMap((file) =>
      importedRooms(file)
        .filter(({ room }) => room !== file.room && !arrows[file.room]?.includes(room))
        .filter(({ room }) => !(room === 'local' && mayImportLocal.test(file.path)))
        .map(({ specifier, room }) => `${file.path} imports ${specifier}: ${file.room} may not know ${room}`),
    );
    expect(offences).toEqual([]);
  });

  test('what a worker is made of knows no worker, and no REST API over one', () => {
    const upper = /^connectors\/(worker|rest)\//;
    const offences = code
      .filter(({ path, room }) => room === 'connectors' && !upper.test(path))
      .flatMap(({ path, text }) =>
        importsOf(text)
          .filter((specifier) => upper.test(importedPath(path, specifier) ?? ''))
          .map((specifier) => `${path} imports ${specifier}`),
      );
    expect(offences).toEqual([]);
  });

  test('no file imports its way back to itself', () => {
    const imports = new Map(
      code.map(({ path, text }) => [path, importsOf(text).map((specifier) => importedPath(path, specifier))]),
    );
    const done = new Set<string>();
    const circleFrom = (path: string, way: readonly string[]): string | null => {
      if (way.includes(path)) return [...way.slice(way.indexOf(path)), path].join(' → ');
      if (done.has(path)) return null;
      for (const next of imports.get(path) ?? []) {
        const circle = next === undefined ? null : circleFrom(next, [...way, path]);
        if (circle !== null) return circle;
      }
      done.add(path);
      return null;
    };
    expect(code.flatMap(({ path }) => circleFrom(path, []) ?? [])).toEqual([]);
  });

  test('some packages are known in their place only', () => {
    const offences = code.flatMap((file) =>
      importsOf(file.text).flatMap((specifier) =>
        keptPackages
          .filter((kept) => kept.name.test(specifier) && !kept.only.test(file.path))
          .map((kept) => `${file.path} imports ${specifier}: ${kept.why}`),
      ),
    );
    expect(offences).toEqual([]);
  });

  test('relative imports name the file with its .ts ending', () => {
    const offences = [...code, ...tests].flatMap((file) =>
      importsOf(file.text)
        .filter((specifier) => specifier.startsWith('.') && !specifier.endsWith('.ts'))
        .map((specifier) => `${file.path} imports ${specifier}`),
    );
    expect(offences).toEqual([]);
  });

  test('no file hands on what others export', () => {
    const offences = code
      .filter(
        (file) =>
          /^export\s+(?:type\s+)?(?:\*|\{[^}]*\})[^;'"]*from\s/m.test(file.text) ||
          /\/index\.ts$/.test(file.path),
      )
      .map((file) => `${file.path} is a barrel: import from the file that has it`);
    expect(offences).toEqual([]);
  });
});

describe('sizes and names', () => {
  test('half of all files have at most 90 lines and nine of ten at most 250', () => {
    const sizes = code.map((file) => file.lines).sort((a, b) => a - b);
    const quantile = (part: number) =>
      sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * part))] ?? 0;
    expect(quantile(0.5), 'median lines of a file').toBeLessThanOrEqual(90);
    expect(quantile(0.9), '90th percentile of lines of a file').toBeLessThanOrEqual(250);
  });

  test('no file has more than 400 lines', () => {
    const offences = [...code, ...tests].filter((file) => file.lines > 400);
    expect(
      offences.map((file) => `${file.path} has ${file.lines} lines: it holds more than one idea`),
    ).toEqual([]);
  });

  test('no function has more than 60 lines', () => {
    const offences = code.flatMap((file) =>
      functionBodies(file.text)
        .filter((body) => body.lines > 60)
        .map((body) => `${file.path}:${body.line} is a function of ${body.lines} lines`),
    );
    expect(offences).toEqual([]);
  });

  test('file names are words in small letters, joined by hyphens', () => {
    const named = /^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.bench)?\.ts$/;
    const offences = [...code, ...tests].filter((file) => !named.test(file.path.split('/').at(-1) ?? ''));
    expect(offences.map((file) => file.path)).toEqual([]);
  });

  test('no file holds what must not be in the repository', () => {
    const offences = texts.flatMap((file) =>
      forbidden
        .filter(({ only }) => only === undefined || only.test(file.path))
        .flatMap(({ pattern, why }) => found(file, pattern).map((where) => `${where}: ${why}`)),
    );
    expect(offences).toEqual([]);
  });
});

describe('these checks', () => {
  test('see imports of every form, and none in comments', () => {
    const text = [
      `import { a,\n b } from './a.ts';`,
      `import type { T } from '../b.ts';`,
      `import './c.ts';`,
      `export { d } from './d.ts';`,
      `const e = await import('./e.ts');`,
      `// import './f.ts';`,
    ].join('\n');
    expect(importsOf(text)).toEqual(['./a.ts', '../b.ts', './c.ts', './d.ts', './e.ts']);
  });

  test('measure functions of every form, whatever braces their texts hold', () => {
    const body = (head: string) =>
      `${head} {\n  const text = '}' + \`{\${f({ a: 1 })}\` + "{"; // }\n  return /[{]/;\n}`;
    for (const head of ['function f()', 'const f = (a: string): Promise<void> =>', 'class A { f(): void']) {
      expect(functionBodies(body(head))).toEqual([{ line: 1, lines: 4 }]);
    }
  });

  test('resolve an import from the file that has it', () => {
    expect(importedPath('sink/alternator/writer.ts', '../../schemas/item.ts')).toBe('schemas/item.ts');
    expect(importedPath('sink/main.ts', 'undici')).toBeUndefined();
  });
});

function importedRooms(file: SourceFile): { specifier: string; room: string }[] {
  return importsOf(file.text).flatMap((specifier) => {
    const path = importedPath(file.path, specifier);
    return path === undefined ? [] : [{ specifier, room: path.split('/')[0] ?? '' }];
  });
}

/** `path:line` of every line that matches. */
function found(file: SourceFile, pattern: RegExp): string[] {
  const lines = file.text.split('\n');
  return lines.flatMap((line, index) => (pattern.test(line) ? [`${file.path}:${index + 1}`] : []));
}
