import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { notBuiltCommands } from '../../../cli/not-built.ts';

const root = new URL('../../../', import.meta.url);

const markdown = (folder: string) =>
  readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}${name}`);

const pages = ['./', 'docs/', 'docs/decisions/'].flatMap(markdown);

const textOf = (page: URL) => readFileSync(page, 'utf8');

/** Anchors as code hosts make them from headings. */
const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Links of a page to files of the repository. */
function linksOf(page: string): { link: string; target: URL }[] {
  const links = [...textOf(new URL(page, root)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links
    .filter((link) => !/^https?:/.test(link))
    .map((link) => ({ link, target: new URL(link, new URL(page, root)) }));
}

describe('the documentation', () => {
  test.each(pages)('%s links to what there is', (page) => {
    const broken = linksOf(page)
      .filter(({ target }) => {
        const [path] = target.href.split('#');
        if (!existsSync(fileURLToPath(path ?? ''))) return true;
        return target.hash !== '' && !anchorsOf(textOf(new URL(path ?? ''))).includes(target.hash.slice(1));
      })
      .map(({ link }) => link);
    expect(broken).toEqual([]);
  });

  test('names test files that exist', () => {
    const text = textOf(new URL('docs/guarantees.md', root));
    const named = [...text.matchAll(/`((?:unit|e2e|conformance)\/[\w./-]+\.ts)`/g)].map(([, path]) => path);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !existsSync(new URL(`test/${path}`, root)))).toEqual([]);
  });

  test('says which commands are not in this version', () => {
    const limits = textOf(new URL('README.md', root)).split('\n## Limits')[1] ?? '';
    expect(notBuiltCommands.filter((command) => !limits.includes(`\`${command}\``))).toEqual([]);
  });
});
