import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { importedPath, importsOf } from '../../source-code.ts';

const root = new URL('../../../', import.meta.url);
const textOf = (path: string) => readFileSync(new URL(path, root), 'utf8');

interface Package {
  readonly bin: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
}

const { bin, files, exports } = JSON.parse(textOf('package.json')) as Package;

const suites = ['converter', 'sink', 'source', 'transform'].map((kind) => `${kind}-suite`);
const built = [
  ...Object.values(bin),
  ...Object.values(exports).flatMap((of) => (typeof of === 'string' ? [] : [of.types])),
];
/** The modules that users of the package begin with, as they stand here. */
const entries = built.flatMap((path) => {
  const source = path.replace(/^(\.\/)?dist\//, '').replace(/(\.d\.ts|\.js)$/, '.ts');
  return source.includes('*')
    ? [...suites, 'plugin-context'].map((name) => source.replace('*', name))
    : [source];
});

/** Of what is built, tests and benches are left out, but for what `files` names. */
const packedTests = files.flatMap((path) => /^dist\/(test\/[^*]+)/.exec(path)?.[1] ?? []);
const isPacked = (path: string) =>
  !/^(test|bench)\//.test(path) || packedTests.some((packed) => path.startsWith(packed));

describe('the package', () => {
  test.each(entries)('holds all that %s imports', (entry) => {
    const reached = new Set([entry]);
    for (const path of reached) {
      const imported = importsOf(textOf(path)).flatMap((one) => importedPath(path, one) ?? []);
      for (const one of imported) if (one.endsWith('.ts')) reached.add(one);
    }
    expect([...reached].filter((path) => !isPacked(path))).toEqual([]);
  });
});
