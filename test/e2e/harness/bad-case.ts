import { type DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import { createMusicTable } from '../../../workload/table.ts';
import { type TestServices, testServices } from '../../services.ts';
import { type ExportSpec, type WrittenExport, writeExport } from '../../unit/source/export-fixture.ts';
import { expectExit, messina, messinaHere } from './messina.ts';
import { type FileOptions, migrationFile } from './migration-file.ts';
import { recordsOf, withAdmin } from './stock-kafka.ts';
import { type Status, statusOf } from './sums.ts';

/** What a case is set up with. */
export interface BadWorld {
  readonly services: TestServices;
  /** Whatever a case opens is closed after it. */
  readonly opened: AsyncDisposable[];
}

/** One thing that is wrong, and what the program must say of it. */
export interface BadCase {
  readonly name: string;
  /** Sets the world up; an empty table `Music` is there already unless `bare`. */
  readonly given: (world: BadWorld) => Promise<FileOptions>;
  readonly bare?: true;
  readonly exit: 1 | 2 | 4;
  readonly code: string;
  /** Where: lines that the error block must hold. */
  readonly place: readonly (string | RegExp)[];
  /** nothing: no topic and no table was made. Else what `status` says of the table after the start. */
  readonly after: 'nothing' | object;
  /** What the catalog holds of the table's snapshot; default: a begun one. */
  readonly snapshot?: 'none' | 'complete';
}

/** Options that load the export of `spec` alone: no stream, no coverage. */
export async function exportOf(world: BadWorld, spec: ExportSpec): Promise<FileOptions> {
  const written = await writeExport(ownExport(spec));
  world.opened.push(written);
  return loading(written);
}

/** The table of a test has its own TableId. */
export function ownExport(spec: ExportSpec): ExportSpec {
  return { ...spec, summary: { tableId: undefined, ...spec.summary } };
}

export function loading({ summaryUrl }: WrittenExport): FileOptions {
  return {
    tables: ['Music'],
    source: { changes: 'none' },
    snapshot: { from: 'manifest', manifests: { Music: summaryUrl } },
  };
}

/** Runs a case: exit code, error block, and that nothing went past what is bad. */
export async function expectRefusal(bad: BadCase): Promise<void> {
  await using services = await testServices();
  const opened: AsyncDisposable[] = [];
  try {
    if (!bad.bare) await createMusicTable(sourceTable(services));
    const options = await bad.given({ services, opened });
    await using file = await migrationFile(services, options);
    await expectRefused(bad, services, file.path);
  } finally {
    for (const one of opened) await one[Symbol.asyncDispose]();
  }
}

async function expectRefused(bad: BadCase, services: TestServices, file: string): Promise<void> {
  const tablesBefore = await tableNames(services.target.client);
  const topicsBefore = await topicsOf(services);
  // What has begun is ended by the end of a process; what has not needs none.
  const run = bad.after === 'nothing' ? messinaHere : messina;
  const { stderr } = await expectExit(run('migrate', file, '--until', 'loaded'), bad.exit);
  const block = errorBlock(stderr);
  expect(block).toContain(`(${bad.code})`);
  for (const place of bad.place) expect(block).toMatch(place);
  // The remedy stands last.
  expect(block.trimEnd().split('\n').at(-1)).toMatch(/^ {2}→ \S.{15,}/);
  expect(block).not.toMatch(/^\s+at /m);
  if (bad.after === 'nothing') {
    expect(await topicsOf(services)).toEqual(topicsBefore);
    expect(await tableNames(services.target.client)).toEqual(tablesBefore);
    return;
  }
  const status = await statusOf(file);
  expect(status.tables[0]).toMatchObject({ phase: 'failed', lastError: { code: bad.code }, ...bad.after });
  if (bad.snapshot !== 'complete') await expectIncomplete(services, bad.snapshot !== 'none');
}

/** No snapshot is complete in the catalog, as the stock consumer reads it. */
export async function expectIncomplete({ kafka, name }: TestServices, begun = true): Promise<void> {
  const latest = new Map<string, string>();
  for (const { key, value } of await recordsOf(kafka.bootstrap, `${name}.catalog`)) {
    latest.set(String(key), String(value));
  }
  expect([...latest.keys()].some((key) => key.startsWith('snapshot/'))).toBe(begun);
  for (const [key, value] of latest) {
    if (/^snapshot\/[^/]+\/[^/]+$/.test(key)) expect(JSON.parse(value)).toMatchObject({ state: 'begun' });
    if (/^snapshot\/.*\/\d+$/.test(key)) expect(JSON.parse(value)).toMatchObject({ completeOffset: null });
  }
}

export const sourceTable = ({ source, credentials }: TestServices) => ({
  endpoint: source.endpoint,
  credentials,
  table: 'Music',
});

/** From `error:` on; the lines of the log stand before it. */
export function errorBlock(stderr: string): string {
  const at = stderr.search(/^error: /m);
  if (at < 0) throw new Error(`no error block in:\n${stderr}`);
  return stderr.slice(at);
}

/** What `status` says of a table of one file of which nothing counts as loaded. */
export function unread(snapshot: Partial<Status['tables'][number]['snapshot']> = {}): object {
  return { snapshot: { files: 1, filesPublished: 0, published: 0, deadLettered: 0, ...snapshot } };
}

async function topicsOf({ kafka, name }: TestServices): Promise<string[]> {
  const topics = await withAdmin(kafka.bootstrap, (admin) => admin.listTopics());
  return topics.filter((topic) => topic.includes(name)).sort();
}

async function tableNames(client: DynamoDBClient): Promise<string[]> {
  return (await client.send(new ListTablesCommand({}))).TableNames ?? [];
}
