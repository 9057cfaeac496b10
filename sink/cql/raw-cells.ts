import { createRequire } from 'node:module';
import type cassandra from 'cassandra-driver';

/** A row as the server sent it: a cell per selected column, in the statement's order; null: no value. */
export type Cells = readonly (Buffer | null)[];

/** What this file knows of the driver's parser of answers (cassandra-driver 4.10, lib/streams.js). */
interface Parser {
  encoder: { readonly encodingOptions?: BytesOptions; decode(cell: Buffer | null, type: unknown): unknown };
  parseRows(frame: Frame, reader: unknown): unknown;
}

interface Frame {
  readonly meta: {
    readonly keyspace?: string;
    readonly columns: readonly { name: string; readonly ksname?: string }[];
  };
}

/** The driver copies the options it is given, with what it does not know in them. */
type BytesOptions = NonNullable<cassandra.ClientOptions['encoding']> & { readonly rowsAsBytesOf?: string };

const asBytes = { decode: (cell: Buffer | null): Buffer | null => cell };

/**
 * Encoding options of a client that leaves the rows of one keyspace as bytes: {@link cellsOf} is for them.
 *
 * The driver can only decode, and what it decodes loses: a timestamp beyond what `Date` holds, a column called `__proto__`.
 * So its parser is given another decoder for the rows of this keyspace, in the clients that have these options; other
 * clients, and the driver's own reading of the system tables, are as ever.
 */
export function bytesOf(keyspace: string): BytesOptions {
  return { rowsAsBytesOf: keyspace };
}

/** The cells of a row that such a client has read. */
export function cellsOf(row: cassandra.types.Row, columns: number): (Buffer | null)[] {
  return Array.from({ length: columns }, (_, i) => {
    const cell: unknown = row.get(nameAt(i));
    if (cell !== null && !Buffer.isBuffer(cell)) throw new Error('The driver has decoded a cell');
    return cell;
  });
}

/** Columns go by their place: two may have one name, and some names mean something in an object. */
function nameAt(i: number): string {
  return `#${i}`;
}

const load = createRequire(import.meta.url);
const streams = load('cassandra-driver/lib/streams.js') as {
  readonly Parser: { readonly prototype: Parser };
};
const parseRows = streams.Parser.prototype.parseRows;

streams.Parser.prototype.parseRows = function (this: Parser, frame, reader) {
  const { meta } = frame;
  const keyspace = this.encoder.encodingOptions?.rowsAsBytesOf;
  if (keyspace === undefined || keyspace !== (meta.keyspace ?? meta.columns[0]?.ksname))
    return parseRows.call(this, frame, reader);
  const { encoder } = this;
  for (const [i, column] of meta.columns.entries()) column.name = nameAt(i);
  this.encoder = asBytes;
  try {
    return parseRows.call(this, frame, reader);
  } finally {
    this.encoder = encoder;
  }
};
