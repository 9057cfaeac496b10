import { importsOf, sourceFiles } from '../../source-code.ts';

/** Packages that the code of these rooms loads when it runs: no types, no modules of Node. */
export function importedPackages(rooms: readonly string[]): Set<string> {
  const specifiers = sourceFiles(rooms, /\.ts$/).flatMap(({ text }) => [
    ...importsOf(text.replace(/^\s*(?:import|export)\s+type\b[^;]*;/gm, '')),
    ...[...text.matchAll(/\brequire\('([^']+)'\)/g)].map((match) => match[1] ?? ''),
  ]);
  return new Set(specifiers.filter((name) => !/^(\.|node:)/.test(name)).map(packageOf));
}

/** `@scope/name/file` is of the package `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
