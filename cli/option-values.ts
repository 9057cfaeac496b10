import { InvalidArgumentError } from 'commander';

/** Readers of option values: each throws what commander shows with the option's name. */

export function wholeNumber(text: string): number {
  if (/^\d+$/.test(text) && Number(text) >= 1) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1.');
}

export function wholeNumberFrom0(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 0.');
}

/** How many of each kind of write there are in their sum; at least one. */
export interface LoadMix {
  readonly put: number;
  readonly update: number;
  readonly replace: number;
  readonly delete: number;
}

export function loadMix(text: string): LoadMix {
  const mix = { put: 0, update: 0, replace: 0, delete: 0 };
  for (const part of text.split(',')) {
    const [, kind, weight] = /^(put|update|replace|delete)=(\d{1,3})$/.exec(part) ?? [];
    if (kind === undefined) {
      throw new InvalidArgumentError('It must be like put=3,update=4,replace=1,delete=2.');
    }
    mix[kind as keyof LoadMix] = Number(weight);
  }
  if (Object.values(mix).some((weight) => weight > 0)) return mix;
  throw new InvalidArgumentError('One weight at least must be above 0.');
}

export function seconds(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number of seconds.');
}

/** A share of the whole: above 0, 1 at most. */
export function fraction(text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : 0;
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be above 0, and 1 at most.');
}

/** An option that may be given more than once. */
export const repeated = (text: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  text,
];

/** A place to write an export to. */
export function exportUrl(text: string): string {
  if (/^(s3:\/\/[^/]+(\/.*)?|file:\/\/\/.+)$/.test(text)) return text;
  throw new InvalidArgumentError('It must be s3://bucket/prefix or file:///dir.');
}

/** ISO 8601 (UTC where it names no zone) or milliseconds since the epoch; null: it is no time. */
function timeMsOf(text: string): number | null {
  if (/^\d{12,14}$/.test(text)) return Number(text);
  const zoned = /^\d{4}-\d{2}-\d{2}$|(Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`;
  const timeMs = /^\d{4}-\d{2}-\d{2}([T ]|$)/.test(text) ? Date.parse(zoned.replace(' ', 'T')) : Number.NaN;
  return Number.isNaN(timeMs) ? null : timeMs;
}

/** Where a replay begins. */
export type ReplayStart =
  | { readonly at: 'snapshot' }
  | { readonly at: 'earliest' }
  | { readonly at: 'time'; readonly timeMs: number };

export function replayStart(text: string): ReplayStart {
  if (text === 'snapshot' || text === 'earliest') return { at: text };
  const timeMs = timeMsOf(text);
  if (timeMs !== null) return { at: 'time', timeMs };
  throw new InvalidArgumentError('It must be snapshot, earliest or a time such as 2026-11-21T01:00:00Z.');
}

/** Where reading a topic begins. */
export type TopicStart =
  | { readonly at: 'earliest' }
  | { readonly at: 'time'; readonly timeMs: number }
  | { readonly at: 'offset'; readonly partition: number; readonly offset: bigint };

export function topicStart(text: string): TopicStart {
  if (text === 'earliest') return { at: 'earliest' };
  const [, partition, offset] = /^(\d{1,9}):(\d{1,18})$/.exec(text) ?? [];
  if (partition !== undefined && offset !== undefined) {
    return { at: 'offset', partition: Number(partition), offset: BigInt(offset) };
  }
  const timeMs = timeMsOf(text);
  if (timeMs !== null) return { at: 'time', timeMs };
  throw new InvalidArgumentError(
    'It must be earliest, a time such as 2026-11-21T01:00:00Z, or partition:offset.',
  );
}
