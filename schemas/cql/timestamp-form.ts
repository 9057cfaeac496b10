import type { EncodeContent, ScalarForm } from './avro-codec.ts';
import { secondOfDay } from './calendar-forms.ts';
import { dayNumber } from './civil-day.ts';
import { isLong, longBytes, readLong } from './integer-forms.ts';
import { NumberText, numberText } from './number-text.ts';
import { Misfit, type ValueRules } from './value-codec.ts';

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)$/;
const TEXT_BYTES_MAX = 64;
const DAY_MS = 86_400_000;

/** How many decimal places a number must be moved to become milliseconds. */
const PLACES = { seconds: 3, milliseconds: 0, microseconds: -3 } as const;

const POWERS: readonly number[] = [1, 10, 100, 1000];

const noTimestamp = new Misfit('is no ISO 8601 timestamp with a zone');
const tooFine = new Misfit('has digits below the millisecond');
const outside = new Misfit('is outside the range of timestamp');
const parsed = new NumberText();

/**
 * Milliseconds since the epoch: from a number in some unit, or from ISO 8601 text with its zone (`Z`, `+02:00`).
 *
 * @param unit of numbers; also what {@link ScalarForm.decode} gives, which cannot know of a text
 */
export function timestamp(unit: ValueRules['unit']): ScalarForm {
  const places = PLACES[unit];
  return {
    S: fromIso,
    N: (bytes, from, to) => {
      parsed.read(bytes, from, to);
      return fromNumber(parsed.unscaled, places - parsed.scale);
    },
    merges: true,
    decode: (bytes) => {
      const ms = readLong(bytes, 'timestamp');
      return { N: places < 0 ? numberText(ms * 1000n, 0) : numberText(ms, places) };
    },
    canonical: (bytes) => bytes,
  };
}

/** `unscaled` × 10^places, if that is a whole number of milliseconds. */
function fromNumber(unscaled: number | bigint, places: number): Buffer | Misfit {
  const factor = POWERS[Math.abs(places)];
  if (typeof unscaled === 'number' && factor !== undefined) {
    if (places < 0) return unscaled % factor === 0 ? longBytes(unscaled / factor) : tooFine;
    if (Number.isSafeInteger(unscaled * factor)) return longBytes(unscaled * factor);
  }
  const wide = BigInt(unscaled);
  const wideFactor = 10n ** BigInt(Math.abs(places));
  if (places < 0 && wide % wideFactor !== 0n) return tooFine;
  const ms = places < 0 ? wide / wideFactor : wide * wideFactor;
  return isLong(ms) ? longBytes(ms) : outside;
}

const fromIso: EncodeContent = (bytes, from, to) => {
  const parts = to - from > TEXT_BYTES_MAX ? null : ISO.exec(bytes.toString('latin1', from, to));
  if (parts === null) return noTimestamp;
  const day = dayNumber(Number(parts[1]), Number(parts[2]), Number(parts[3]));
  const seconds = secondOfDay(Number(parts[4]), Number(parts[5]), Number(parts[6] ?? 0));
  const zone = secondOfDay(Number(parts[9] ?? 0), Number(parts[10] ?? 0), 0);
  if (day === null || seconds === null || zone === null) return noTimestamp;
  const fraction = (parts[7] ?? '').padEnd(3, '0');
  if (/[1-9]/.test(fraction.slice(3))) return tooFine;
  const offsetMs = (parts[8] === '-' ? -1 : 1) * zone * 1000;
  return longBytes(day * DAY_MS + seconds * 1000 + Number(fraction.slice(0, 3)) - offsetMs);
};
