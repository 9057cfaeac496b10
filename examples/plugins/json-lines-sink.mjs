import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * `JsonLinesSink`: each table is a folder of JSON Lines files, one per lane; of a key the last line counts.
 *
 *     connector.class=JsonLinesSink
 *     folder=/var/lib/items
 *
 * It claims no versions, so Messina gates changes behind the snapshot and writes a lane's batches strictly one after the other
 * (law 4). A lane has one owner, hence a file of its own. To read a table back, or to take a lane over, the whole file is held in memory.
 *
 * @param {import('messina-connect/plugin-kit').PluginKit} kit
 */
export default ({ z, ConnectError, Item, encodeKey, decodeKey }) => {
  const options = z.strictObject({
    folder: z.string().min(1).describe('Folder of the tables; it has to exist.'),
    itemBytesMax: z
      .int()
      .min(1)
      .exactOptional()
      .describe('Largest item that is taken, in bytes of DynamoDB JSON. Default: any.'),
    existing: z
      .enum(['refuse', 'keep'])
      .default('refuse')
      .describe('What becomes of a folder that holds rows before the first load.'),
  });

  /** @type {import('messina-connect/connector').SinkConnector<import('zod').infer<typeof options>>} */
  const jsonLinesSink = {
    name: 'JsonLinesSink',
    summary: 'Writes items to JSON Lines files.',
    options,
    supports: { version: false },
    targetTable: (_options, table) => table,
    // To be changed when the same records would be written in another way.
    fingerprint: () => 'json-lines:1',
    check: async (options, { facts }, first) => {
      const error = await problemOf(options, facts, first);
      return error === null ? [] : [{ table: facts.table, error }];
    },
    async prepare(options, { facts }, first) {
      const error = await problemOf(options, facts, first);
      if (error !== null) throw error;
      await mkdir(join(options.folder, facts.table), { recursive: true });
      await syncFolder(options.folder);
      return {};
    },
    drop: ({ folder }, { facts }) => rm(join(folder, facts.table), { recursive: true, force: true }),
    open: async (options, context) => taskOf(options, context),
    async *rows({ folder }, { facts }) {
      for (const lane of await lanesOf(folder, facts.table)) {
        yield [...(await newestOf(lane, facts.keySchema)).values()].map(({ key, item }) => ({ key, item }));
      }
    },
    async lookUp({ folder }, { facts }, keys) {
      const lanes = await lanesOf(folder, facts.table);
      const found = await Promise.all(lanes.map((lane) => newestOf(lane, facts.keySchema)));
      const items = new Map(found.flatMap((rows) => [...rows].map(([name, { item }]) => [name, item])));
      return keys.map((key) => items.get(key.toString('hex')) ?? null);
    },
  };

  /**
   * @param {import('zod').infer<typeof options>} options
   * @param {import('messina-connect/catalog-records').TableFacts} facts
   * @param {boolean} first
   */
  async function problemOf({ folder, existing }, { table, keySchema }, first) {
    try {
      await readdir(folder);
      if (!first || existing === 'keep') return null;
      for (const lane of await lanesOf(folder, table)) {
        if ((await newestOf(lane, keySchema)).size > 0) {
          return new ConnectError('TARGET_NOT_EMPTY', `${join(folder, table)} holds rows already`);
        }
      }
      return null;
    } catch (cause) {
      return new ConnectError('TARGET_REFUSED', `${folder} cannot be read (${codeOf(cause)})`, { cause });
    }
  }

  /**
   * @param {import('zod').infer<typeof options>} options
   * @param {import('messina-connect/connector').SinkContext} context
   * @returns {import('messina-connect/connector').SinkTask}
   */
  function taskOf({ folder, itemBytesMax = Number.POSITIVE_INFINITY }, context) {
    /**
     * By path; `size` is what is known to be on disk.
     * @type {Map<string, { file: import('node:fs/promises').FileHandle, size: number }>}
     */
    const lanes = new Map();
    return {
      async adopt({ facts }, lane) {
        const path = laneFile(folder, facts.table, lane);
        await lanes.get(path)?.file.close();
        lanes.delete(path);
        // A crash may have left half a line, and lines of old: a file of the newest takes the place. Who wrote before and does not
        // know yet that the lane is lost writes into the old file, which nobody reads any more.
        await onDisk(async () => {
          await compact(path, facts.keySchema);
          const file = await open(path, 'a');
          lanes.set(path, { file, size: (await file.stat()).size });
        });
      },
      async put({ facts }, name, batch, standing) {
        const lane = lanes.get(laneFile(folder, facts.table, name));
        if (lane === undefined) throw new ConnectError('UNEXPECTED', `Lane ${name} was not adopted`);
        if (!context.leaseValid() || standing?.isOurs() === false) {
          throw new ConnectError('LEASE_LOST', `Lane ${name} may be another's`);
        }
        const failures = [];
        const lines = [];
        for (const [index, { key, after }] of batch.entries()) {
          const bytes = after?.json.length ?? 0;
          if (bytes > itemBytesMax) {
            const message = `The item has ${bytes} bytes; itemBytesMax is ${itemBytesMax}`;
            failures.push({ index, error: new ConnectError('RECORD_TOO_LARGE', message) });
          } else lines.push(lineOf(Item.fromAttributes(decodeKey(key)).json, after?.json ?? null));
        }
        await onDisk(() => append(lane, Buffer.concat(lines)));
        return failures;
      },
      async [Symbol.asyncDispose]() {
        for (const { file } of lanes.values()) await file.close();
      },
    };
  }

  /**
   * Law 2: resolves when the lines are on disk. Law 3: the same lines twice are the same rows.
   *
   * @param {{ file: import('node:fs/promises').FileHandle, size: number }} lane
   * @param {Buffer} lines
   */
  async function append(lane, lines) {
    // What a failed attempt has left goes first.
    await lane.file.truncate(lane.size);
    await lane.file.appendFile(lines);
    await lane.file.datasync();
    lane.size += lines.length;
  }

  /**
   * What the file system refuses may pass (a disk that is full): the batch is tried again.
   *
   * @param {() => Promise<void>} step
   */
  async function onDisk(step) {
    try {
      await step();
    } catch (cause) {
      if (cause instanceof ConnectError) throw cause;
      throw new ConnectError('TARGET_UNREACHABLE', `The file cannot be written (${codeOf(cause)})`, {
        cause,
      });
    }
  }

  /**
   * @param {string} path
   * @param {import('messina-connect/values').KeySchema} keySchema
   */
  async function compact(path, keySchema) {
    const rows = [...(await newestOf(path, keySchema)).values()];
    const next = await open(`${path}.next`, 'w');
    try {
      await next.writeFile(Buffer.concat(rows.map(({ line }) => line)));
      await next.datasync();
    } finally {
      await next.close();
    }
    await rename(`${path}.next`, path);
    await syncFolder(dirname(path));
  }

  /**
   * The rows of a lane by key, in hex. What follows the last line end was never acknowledged.
   *
   * @param {string} path
   * @param {import('messina-connect/values').KeySchema} keySchema
   */
  async function newestOf(path, keySchema) {
    /** @type {Map<string, { key: Buffer, item: import('messina-connect/item').Item, line: Buffer }>} */
    const rows = new Map();
    for (const line of linesOf(await readFile(path).catch(ifMissing(Buffer.alloc(0))))) {
      const { key, item, isGone } = rowOf(path, keySchema, line);
      if (isGone) rows.delete(key.toString('hex'));
      else rows.set(key.toString('hex'), { key, item, line });
    }
    return rows;
  }

  /**
   * @param {string} path
   * @param {import('messina-connect/values').KeySchema} keySchema
   * @param {Buffer} line
   */
  function rowOf(path, keySchema, line) {
    try {
      // Numbers are texts in DynamoDB JSON: nothing is lost.
      const { key, item } = JSON.parse(line.toString());
      const isGone = item === null;
      return { key: encodeKey(keySchema, itemOf(key).attributes), item: itemOf(item ?? {}), isGone };
    } catch {
      // Without the cause: what JSON.parse says holds a piece of the text.
      throw new ConnectError('TARGET_REFUSED', `${path} holds a line that JsonLinesSink has not written`);
    }
  }

  const itemOf = (/** @type {unknown} */ json) => Item.fromJson(Buffer.from(JSON.stringify(json)));

  return { connectors: [{ type: 'sink', plugin: jsonLinesSink }] };
};

/** A lane is named `<table>/<partition>`; two of them must not have one file. */
const laneFile = (folder, table, lane) => join(folder, table, `${encodeURIComponent(lane)}.jsonl`);

/** @returns {Promise<string[]>} */
async function lanesOf(folder, table) {
  const names = await readdir(join(folder, table)).catch(ifMissing([]));
  return names.filter((name) => name.endsWith('.jsonl')).map((name) => join(folder, table, name));
}

const lineOf = (key, item) =>
  Buffer.concat([
    Buffer.from('{"key":'),
    key,
    Buffer.from(',"item":'),
    item ?? Buffer.from('null'),
    Buffer.from('}\n'),
  ]);

/** Whole lines, with their ends. */
function* linesOf(bytes) {
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    yield bytes.subarray(start, end + 1);
    start = end + 1;
  }
}

/** What stands for a file or folder that is not there. */
const ifMissing = (instead) => (error) => {
  if (codeOf(error) === 'ENOENT') return instead;
  throw error;
};

/** A new name is durable when its folder is. */
async function syncFolder(path) {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const codeOf = (error) => (error instanceof Error && 'code' in error ? String(error.code) : 'error');
