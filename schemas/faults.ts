/** What can be wrong with bytes that claim to be an item, a key or a record. */
export type CodecCode =
  | 'NOT_JSON'
  | 'NOT_ION'
  | 'ION_UNREADABLE'
  | 'ITEM_MISSING'
  | 'UNKNOWN_TYPE'
  | 'NUMBER_INVALID'
  | 'NUMBER_PRECISION'
  | 'NUMBER_RANGE'
  | 'BASE64_INVALID'
  | 'UTF8_INVALID'
  | 'NESTING_TOO_DEEP'
  | 'DUPLICATE_NAME'
  | 'SET_INVALID'
  | 'KEY_MISSING'
  | 'KEY_TYPE'
  | 'KEY_EMPTY'
  | 'KEY_OTHER'
  | 'SCHEMA_UNKNOWN'
  | 'AVRO_INVALID';

/**
 * A value that cannot be read or written exactly as DynamoDB means it.
 *
 * The message holds names of attributes and types, never a value: it ends in logs and dead-letter headers.
 */
export class CodecError extends Error {
  readonly code: CodecCode;
  /** Byte offset of the fault in what was read (an export line: from its first byte), where that is known. */
  readonly position: number | undefined;

  constructor(code: CodecCode, message: string, position?: number) {
    super(message);
    this.name = 'CodecError';
    this.code = code;
    this.position = position;
  }
}
