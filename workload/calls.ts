import { systemClock } from '../dynamodb/clock.ts';
import type { DataClient } from '../dynamodb/data-client.ts';
import { DynamoDbError } from '../dynamodb/errors.ts';
import { Item } from '../schemas/item.ts';
import type { SdkItem } from './items.ts';

/** An item as an answer has it: DynamoDB JSON, parsed. */
export type JsonItem = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Tries of one call; with growing pauses that is about a minute and a half. */
const attemptsMax = 25;
const pauseMs = 50;
const pauseMsMax = 5000;

/** Binary as DynamoDB JSON has it, which is all that the SDK's objects differ in. Not for Buffers: they turn into something else first. */
const base64 = (_name: string, value: unknown) =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;

export const jsonOf = (value: unknown): string => JSON.stringify(value, base64);

/** Whether an item of an answer holds the same values as one of ours, in whatever order and form of numbers. */
export function isSame(found: JsonItem, ours: SdkItem): boolean {
  return Item.fromJson(Buffer.from(JSON.stringify(found))).equals(Item.fromJson(Buffer.from(jsonOf(ours))));
}

export interface CallResult<T> {
  readonly answer: T;
  /** The answer of an earlier try was lost: that try may have been executed. */
  readonly lost: boolean;
}

/**
 * Sends a call until it is answered: throttled ones, which were not executed, and those whose outcome is unknown are
 * repeated with full jitter.
 *
 * @throws DynamoDbError of what cannot be repeated, and of the last try
 */
export async function call<T>(data: DataClient, operation: string, request: unknown): Promise<CallResult<T>> {
  const body = jsonOf(request);
  let lost = false;
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await data.call(`DynamoDB_20120810.${operation}`, body);
      return { answer: JSON.parse(answer.body.toString()) as T, lost };
    } catch (error) {
      if (!(error instanceof DynamoDbError) || !error.retryable || attempt >= attemptsMax) throw error;
      lost ||= error.outcomeUnknown;
    }
    await pauseAfter(attempt);
  }
}

/** @param attempt of those that failed, from 1 */
export async function pauseAfter(attempt: number): Promise<void> {
  await systemClock.sleep(Math.random() * Math.min(pauseMsMax, pauseMs * 2 ** Math.min(attempt, 10)));
}
