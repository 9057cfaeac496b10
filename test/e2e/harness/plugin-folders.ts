import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonical, type SdkItem } from './compare.ts';
import { fromJson } from './cql-rows.ts';
import { inPage } from './shell.ts';

const examples = fileURLToPath(new URL('../../../examples/plugins', import.meta.url));

/** Folders of plugins as a user has them, and what theirs read and write. */
export interface PluginFolders extends AsyncDisposable {
  /** `plugin.path` of a worker for sources: all examples, and so a sink too. */
  readonly ofSource: string;
  /** That of one for sinks: the examples, and the sink of thirty lines. */
  readonly ofSink: string;
  /** What JsonLinesSource reads. */
  readonly source: string;
  /** Empty folders: what JsonLinesSink and FolderSink write. */
  readonly lines: string;
  readonly thirty: string;
}

export async function pluginFolders(): Promise<PluginFolders> {
  const path = await mkdtemp(join(tmpdir(), 'messina-plugins-'));
  const folders = {
    ofSource: join(path, 'of-source'),
    ofSink: join(path, 'of-sink'),
    source: join(path, 'source'),
    lines: join(path, 'lines'),
    thirty: join(path, 'thirty'),
  };
  for (const folder of Object.values(folders)) await mkdir(folder);
  for (const [folder, names] of [
    [folders.ofSource, ['json-lines-source', 'json-lines-sink', 'redact', 'base64-json-converter']],
    [folders.ofSink, ['json-lines-sink', 'redact', 'base64-json-converter']],
  ] as const)
    for (const name of names) await cp(join(examples, `${name}.mjs`), join(folder, `${name}.mjs`));
  const code = inPage('write-a-connector.md', /```js\n(\/\/ folder-sink\.mjs\n[\s\S]*?)```/);
  await writeFile(join(folders.ofSink, 'folder-sink.mjs'), code);
  return { ...folders, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

type Json = Readonly<Record<string, Record<string, unknown>>>;

/** Writes a file that JsonLinesSource reads: items in DynamoDB JSON, without binary. */
export async function writeItems(folder: string, name: string, items: readonly SdkItem[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), items.map((item) => `${JSON.stringify(item)}\n`).join(''));
}

/** What JsonLinesSink holds of a table: an item by its key, both as texts. */
export async function linesOf(folder: string): Promise<Map<string, string>> {
  const rows = new Map<string, string>();
  for (const line of await linesIn(folder)) {
    const { key, item } = JSON.parse(line) as { readonly key: Json; readonly item: Json | null };
    put(rows, textOf(key), item);
  }
  return rows;
}

/** What FolderSink holds of a table: items as texts. */
export async function itemTextsOf(folder: string): Promise<string[]> {
  const rows = new Map<string, string>();
  for (const line of await linesIn(folder)) {
    const [key, json] = JSON.parse(line) as [string, string | null];
    put(rows, key, json === null ? null : (JSON.parse(json) as Json));
  }
  return [...rows.values()];
}

function put(rows: Map<string, string>, key: string, item: Json | null): void {
  if (item === null) rows.delete(key);
  else rows.set(key, textOf(item));
}

const textOf = (item: Json): string => canonical(fromJson({ M: item }));

/** Lines of all files, each file in its order: a key has its lines in one of them. What is still to take a file's place is none. */
async function linesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => !name.endsWith('.next'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  // A line without its end is still being written.
  return texts.flatMap((text) => text.split('\n').slice(0, -1).filter(Boolean));
}
