import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { allOf, copiesOf, execForm } from './dockerfile.ts';
import { images } from './images.ts';
import { importedPackages } from './imported-packages.ts';
import { packageJson, root, textOf } from './repository.ts';

const defaultPort = '8083';

describe.each(images)('the image of the $worker worker', ({ worker, build, final, rooms, removed }) => {
  test('copies its own rooms and no others', () => {
    expect(rooms).toEqual(['schemas', 'dynamodb', 'connectors', worker]);
  });

  test('copies only what is there, and what .dockerignore lets through', () => {
    const sources = [build, final]
      .flatMap(copiesOf)
      .filter(({ from }) => from === null)
      .flatMap((copy) => copy.sources);
    const sent = textOf('.dockerignore').split('\n');
    expect(sources.filter((path) => !existsSync(`${root}${path}`))).toEqual([]);
    expect(sources.filter((path) => !sent.includes(`!${path}`))).toEqual([]);
  });

  test('begins with an exact version of Node, the same in both stages', () => {
    expect(build.image).toMatch(/^node:20\.\d+\.\d+-[a-z]+-slim$/);
    expect(final.image).toBe(build.image);
  });

  test('takes over what the build made, where Node finds it', () => {
    const from = copiesOf(final).filter(({ from }) => from !== null);
    expect(from).toEqual([
      { from: 'build', sources: ['/build/package.json'], destination: './' },
      { from: 'build', sources: ['/build/node_modules'], destination: 'node_modules/' },
      { from: 'build', sources: ['/build/dist'], destination: 'dist/' },
    ]);
    expect(allOf(build, 'WORKDIR')).toEqual(['/build']);
  });

  test('runs the worker, not as root, and stops as it is told', () => {
    expect(execForm(allOf(final, 'ENTRYPOINT')[0]!)).toEqual(['node', `dist/${worker}/main.js`]);
    expect(allOf(final, 'CMD')).toEqual([]);
    expect(allOf(final, 'USER')).toEqual(['1000:1000']);
    expect(allOf(final, 'STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  test('exposes the default port and asks it for its health', () => {
    const [health = ''] = allOf(final, 'HEALTHCHECK');
    const environment = Object.fromEntries(
      allOf(final, 'ENV').flatMap((rest) =>
        [...rest.matchAll(/(\w+)=(\S+)/g)].map(([, key, value]) => [key, value]),
      ),
    ) as Record<string, string>;
    expect(allOf(final, 'EXPOSE')).toEqual([defaultPort]);
    expect(health).toContain('process.env.MESSINA_HEALTH_URL');
    expect(environment['MESSINA_HEALTH_URL']).toBe(`http://127.0.0.1:${defaultPort}/health`);
  });

  test('holds the packages that its rooms import, and no others of ours', () => {
    const imported = importedPackages(rooms);
    const unused = Object.keys(packageJson.dependencies).filter((name) => !imported.has(name));
    expect([...removed].sort()).toEqual(unused.sort());
  });
});

test('every room that has an entry point has an image, and no other', () => {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const built = folders.map(({ name }) => name).filter((name) => existsSync(`${root}${name}/Dockerfile`));
  expect(built.sort()).toEqual(images.map(({ worker }) => worker).sort());
});
