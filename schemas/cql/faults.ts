/** Bytes of a column that are not of its type, or stand for nothing DynamoDB has. The message holds no value. */
export class CqlBytesError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CqlBytesError';
  }
}

export function notOfType(typeText: string): CqlBytesError {
  return new CqlBytesError(`Bytes of a column are no ${typeText}`);
}
