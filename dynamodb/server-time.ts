import { DynamoDbError } from './errors.ts';

let lastHeader = '';
let lastMs = 0;

/**
 * The *server time* of the rules: an answer's `Date` header, in whole seconds, as ms.
 *
 * Our own clock never stands in for it: an answer without the header is an error (rule C1).
 */
export function serverTimeMsOf(dateHeader: string | null | undefined): number {
  if (dateHeader == null) throw new DynamoDbError('CORRUPT_ANSWER', 'the answer has no Date header');
  // A second's answers all carry the same text.
  if (dateHeader !== lastHeader) {
    const ms = Date.parse(dateHeader);
    if (Number.isNaN(ms)) throw new DynamoDbError('CORRUPT_ANSWER', 'the answer has no readable Date header');
    lastHeader = dateHeader;
    lastMs = ms;
  }
  return lastMs;
}
