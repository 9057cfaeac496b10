/**
 * Whether a sequence number comes after another one of the same shard.
 *
 * Decimal texts of 21 to 40 digits, padded or not (API reference: StreamRecord.SequenceNumber): integers, never strings
 * and never JavaScript numbers (rule C5).
 */
export function isAfter(sequence: string, other: string): boolean {
  return BigInt(sequence) > BigInt(other);
}
