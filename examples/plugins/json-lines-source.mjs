import { createHash } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * `JsonLinesSource`: publishes items that lie in files, one DynamoDB JSON item to a line, `<folder>/<table>/*.jsonl`.
 *
 *     connector.class=JsonLinesSource
 *     folder=/var/lib/items
 *     tables=Music
 *     keys.Music=Artist:S,SongTitle:S
 *
 * The files are one snapshot, as old as the oldest of them. They must stay as they are until it is published.
 *
 * @param {import('messina-connect/plugin-kit').PluginKit} kit
 */
export default ({ z, ConnectError, Item, encodeKey }) => {
  const options = z.strictObject({
    folder: z.string().min(1).describe('Folder of the tables, each a folder of .jsonl files.'),
    keys: z
      .record(
        z.string(),
        z.string().regex(/^[^:,]+:[SNB](,[^:,]+:[SNB])?$/, { error: 'must be like Artist:S,SongTitle:S' }),
      )
      .describe('By table, its key attributes: the partition key, the sort key, with their types.'),
    batchBytes: z
      .int()
      .min(1)
      .default(1_048_576)
      .describe('Bytes of a file that are read at a time; a longer line is read whole.'),
  });

  /** @type {import('messina-connect/connector').SnapshotSource<import('zod').infer<typeof options>>} */
  const jsonLinesSource = {
    name: 'JsonLinesSource',
    summary: 'Publishes items of JSON Lines files.',
    kind: 'snapshot',
    options,
    async check(options, tables) {
      const faults = await Promise.all(
        tables.map(async (table) => ({ table, error: await faultOf(options, table) })),
      );
      return faults.flatMap(({ table, error }) => (error === null ? [] : [{ table, error }]));
    },
    async describe(options, table) {
      const error = await faultOf(options, table);
      if (error !== null) throw error;
      const keySchema = (options.keys[table] ?? '').split(',').map((key) => {
        const [name = '', type] = key.split(':');
        return { name, type: /** @type {'S' | 'N' | 'B'} */ (type) };
      });
      return {
        table,
        arn: null,
        tableId: null,
        keySchema,
        attributeTypes: Object.fromEntries(keySchema.map(({ name, type }) => [name, type])),
        localIndexes: [],
        globalIndexes: [],
        ttlAttribute: null,
        itemCount: null,
        sizeBytes: null,
      };
    },
    async take({ folder }, { table }) {
      const files = await filesOf(folder, table);
      // Rule C1: a snapshot is as old as its oldest part; whether that is covered is Messina's to judge.
      const exportMs = Math.min(...files.map(({ changedMs }) => changedMs));
      return [{ id: idOf(files), exportMs, arn: null, partitions: files.length, rows: null, facts: {} }];
    },
    serverTimeMs: async (_options, _table, { clock }) => clock.now(),
    slackMs: () => 0,
    async *discover({ folder }, { table }, snapshot) {
      const files = await filesOf(folder, table);
      if (idOf(files) !== snapshot.id) {
        throw new ConnectError('EXPORT_CHANGED', `The files of table ${table} are not those that were begun`);
      }
      for (const { name, size } of files)
        yield { id: name, after: [], expectedRecords: null, facts: { size } };
    },
    async open({ folder, batchBytes }, { id, facts }, from) {
      const { table, keySchema } = from.table;
      const file = await open(join(folder, table, id));
      const { size } = await file.stat();
      // A partition that is known from its position alone comes without facts.
      if (facts !== undefined && facts['size'] !== size) {
        await file.close();
        throw new ConnectError('EXPORT_CHANGED', `${join(folder, table, id)} is not the file that was begun`);
      }
      let at = Number(from.position?.['at'] ?? 0);
      let line = Number(from.position?.['line'] ?? 0);

      /** @param {Buffer} bytes @returns {import('messina-connect/change').ChangeRecord} */
      const recordOf = (bytes) => {
        const item = Item.fromJson(bytes);
        return {
          op: 'r',
          // Rule C2: all rows of a snapshot have the version that it was given.
          version: from.version,
          table,
          origin: { snapshot: from.snapshot.id, file: id, line },
          timestampMs: from.snapshot.exportMs,
          key: encodeKey(keySchema, item.attributes),
          before: null,
          after: item,
        };
      };

      return {
        async poll() {
          const records = [];
          const rejected = [];
          const chunk = await wholeLines(file, at, size, batchBytes);
          let bytes = 0;
          for (const text of chunk.lines) {
            line += 1;
            if (text.length === 0) continue;
            try {
              const record = recordOf(text);
              records.push(record);
              bytes += record.key.length + (record.after?.avro.length ?? 0);
            } catch (cause) {
              // A CodecError names attributes and types, never values.
              const message = `${id}:${line}: ${cause instanceof Error ? cause.message : 'it is no item'}`;
              rejected.push({ error: new ConnectError('RECORD_NOT_JSON', message, { cause }), bytes: text });
              bytes += text.length;
            }
          }
          at += chunk.bytes;
          // Law 1: where reading goes on once these records are in the topic; a new object each time.
          return { records, rejected, position: { at, line }, done: at >= size, bytes };
        },
        [Symbol.asyncDispose]: () => file.close(),
      };
    },
  };

  /** Lines from a place on, as many as fit and one at least, and the bytes they take with their ends. */
  async function wholeLines(file, at, size, batchBytes) {
    for (let wanted = batchBytes; ; wanted *= 2) {
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(Math.min(wanted, Math.max(0, size - at))),
        0,
        undefined,
        at,
      );
      if (bytesRead === 0 && at < size)
        throw new ConnectError('EXPORT_CHANGED', 'A file became shorter as it was read');
      const isEnd = at + bytesRead >= size;
      const end = isEnd ? bytesRead : buffer.lastIndexOf(10, bytesRead - 1) + 1;
      if (end === 0 && !isEnd) continue;
      const lines = [];
      for (let start = 0; start < end; ) {
        const lineEnd = buffer.indexOf(10, start);
        const stop = lineEnd < 0 || lineEnd >= end ? end : lineEnd;
        lines.push(Buffer.from(buffer.subarray(start, stop)));
        start = stop + 1;
      }
      return { lines, bytes: end };
    }
  }

  /** What keeps a table from being read; null: nothing. */
  async function faultOf({ folder, keys }, table) {
    if (keys[table] === undefined) {
      return new ConnectError(
        'SOURCE_TABLE_MISSING',
        `keys.${table} is missing: name the key attributes of the table`,
      );
    }
    try {
      if ((await filesOf(folder, table)).length > 0) return null;
      return new ConnectError('SOURCE_TABLE_MISSING', `${join(folder, table)} holds no .jsonl files`);
    } catch (cause) {
      return new ConnectError('SOURCE_TABLE_MISSING', `${join(folder, table)} cannot be read`, { cause });
    }
  }

  return { connectors: [{ type: 'source', plugin: jsonLinesSource }] };
};

/** The files of a table, by name. */
async function filesOf(folder, table) {
  const names = (await readdir(join(folder, table))).filter((name) => name.endsWith('.jsonl')).sort();
  return Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs } = await stat(join(folder, table, name));
      return { name, size, changedMs: Math.floor(mtimeMs) };
    }),
  );
}

/** Two calls find the same snapshot exactly when the files are the same. */
const idOf = (files) => createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
