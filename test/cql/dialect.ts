import { type ErrorAnswer, tooFarAhead } from './answers.ts';
import { contentAt, type Frame, opcodes } from './frames.ts';
import { columnNames } from './metadata.ts';
import type { Request } from './request.ts';
import { int, longString, WireReader } from './wire.ts';

/** What a server says and does otherwise than the Cassandra behind it. */
export interface Dialect {
  /** The statement as Cassandra understands it. */
  toCassandra(text: string): string;
  /** Null: Cassandra decides. */
  refusal(request: Request): ErrorAnswer | null;
  /** The answer as this server would give it. */
  fromCassandra(request: Request, answer: Frame): Frame;
}

export const cassandraDialect: Dialect = {
  toCassandra: (text) => text,
  refusal: () => null,
  fromCassandra: (_, answer) => answer,
};

const aheadMaxMicros = 3n * 24n * 3600n * 1_000_000n;
const name = String.raw`("[^"]+"|\w+)\s*\.\s*("[^"]+"|\w+)`;
const definition = new RegExp(
  String.raw`^\s*(?:CREATE|ALTER)\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?${name}`,
  'i',
);
const description = new RegExp(String.raw`^\s*DESC(?:RIBE)?\s+TABLE\s+${name}`, 'i');
const tombstoneMode = /\btombstone_gc\s*=\s*(\{[^}]*\})/i;
const defaultMode = "{'mode': 'timeout', 'propagation_delay_in_seconds': '3600'}";

/**
 * ScyllaDB, as far as a sink can tell: a table of its schema that Cassandra has not, words in statements that Cassandra does
 * not know, tombstone modes that DESCRIBE shows, and no timestamp more than three days ahead.
 */
export function scyllaDialect(): Dialect {
  /** By keyspace and table. */
  const modes = new Map<string, string>();
  const remember = (text: string) => {
    const table = tableOf(definition, text);
    const mode = tombstoneMode.exec(text)?.[1];
    if (table !== null && mode !== undefined) modes.set(table, mode);
  };
  return {
    toCassandra: (text) => {
      remember(text);
      return withoutItsWords(text);
    },
    refusal: ({ timestamps }) => {
      const latest = BigInt(Date.now()) * 1000n + aheadMaxMicros;
      return timestamps.some((timestamp) => timestamp > latest) ? tooFarAhead : null;
    },
    fromCassandra: (request, answer) => {
      const table = tableOf(description, request.text);
      if (table === null || request.kind === 'prepare') return answer;
      return describing(answer, `tombstone_gc = ${modes.get(table) ?? defaultMode}`);
    },
  };
}

/** What Cassandra does not know becomes what changes nothing there: its defaults, one each. */
function withoutItsWords(text: string): string {
  if (/'scylla_tables'/.test(text)) return `SELECT (text)'scylla_tables' AS table_name FROM system.local`;
  const ofKeyspace = /^\s*(CREATE|ALTER)\s+KEYSPACE\b/i.test(text);
  return text
    .replace(/\s+BYPASS\s+CACHE\b/i, '')
    .replace(tombstoneMode, 'memtable_flush_period_in_ms = 0')
    .replace(/\btablets\s*=\s*\{[^}]*\}/i, ofKeyspace ? 'durable_writes = true' : 'min_index_interval = 128');
}

function tableOf(pattern: RegExp, text: string): string | null {
  const [, keyspace, table] = pattern.exec(text) ?? [];
  if (keyspace === undefined || table === undefined) return null;
  return [keyspace, table]
    .map((part) => (part.startsWith('"') ? part.slice(1, -1) : part.toLowerCase()))
    .join('.');
}

/** The answer to DESCRIBE TABLE, whose last column is the statement, with one more property. */
function describing(answer: Frame, property: string): Frame {
  const reader = new WireReader(answer.body, contentAt(answer));
  if (answer.opcode !== opcodes.result || reader.int() !== 2) return answer;
  const { count } = columnNames(reader, 'rows');
  const parts = [answer.body.subarray(0, reader.at)];
  const rows = reader.int();
  parts.push(int(rows));
  for (let cell = 1; cell <= rows * count; cell++) {
    const text = reader.bytes()?.toString() ?? '';
    const isStatement = cell % count === 0;
    parts.push(longString(isStatement ? text.replace(/;\s*$/, `\n    AND ${property};`) : text));
  }
  return { ...answer, body: Buffer.concat(parts) };
}
