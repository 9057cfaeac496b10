import type { ScalarForm } from './avro-codec.ts';
import { dayNumber, dayText, two } from './civil-day.ts';
import { notOfType } from './faults.ts';
import { longBytes, readLong } from './integer-forms.ts';
import { Misfit } from './value-codec.ts';

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/;
/** Longer than either. */
const TEXT_BYTES_MAX = 20;
/** Days are counted from here, so that they sort as unsigned numbers (native protocol v4, section 6.4). */
const EPOCH_DAY = 2 ** 31;
const NANOS_PER_SECOND = 1_000_000_000;
const DAY_SECONDS = 86_400;

const noDate = new Misfit('is no date as yyyy-mm-dd');
const noTime = new Misfit('is no time of day as hh:mm:ss with at most nine digits behind the second');

/** `2024-02-29`, the years 0000 to 9999. */
export const date: ScalarForm = {
  S: (bytes, from, to) => {
    const parts = to - from > TEXT_BYTES_MAX ? null : DATE.exec(bytes.toString('latin1', from, to));
    const day = parts === null ? null : dayNumber(Number(parts[1]), Number(parts[2]), Number(parts[3]));
    if (day === null) return noDate;
    const out = Buffer.allocUnsafe(4);
    out.writeUInt32BE(day + EPOCH_DAY);
    return out;
  },
  merges: false,
  decode: (bytes) => {
    if (bytes.length !== 4) throw notOfType('date');
    return { S: dayText(bytes.readUInt32BE() - EPOCH_DAY) };
  },
  canonical: (bytes) => bytes,
};

/** `23:59:59.999999999`; zeros at the end get lost. */
export const time: ScalarForm = {
  S: (bytes, from, to) => {
    const parts = to - from > TEXT_BYTES_MAX ? null : TIME.exec(bytes.toString('latin1', from, to));
    if (parts === null) return noTime;
    const seconds = secondOfDay(Number(parts[1]), Number(parts[2]), Number(parts[3]));
    if (seconds === null) return noTime;
    return longBytes(seconds * NANOS_PER_SECOND + Number((parts[4] ?? '').padEnd(9, '0')));
  },
  merges: true,
  decode: (bytes) => {
    const nanos = Number(readLong(bytes, 'time'));
    const seconds = Math.floor(nanos / NANOS_PER_SECOND);
    if (seconds < 0 || seconds >= DAY_SECONDS) throw notOfType('time');
    const fraction = (nanos % NANOS_PER_SECOND).toString().padStart(9, '0').replace(/0+$/, '');
    const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two);
    return { S: clock.join(':') + (fraction === '' ? '' : `.${fraction}`) };
  },
  canonical: (bytes) => bytes,
};

/** Null where a clock never shows it; there are no leap seconds. */
export function secondOfDay(hour: number, minute: number, second: number): number | null {
  return hour > 23 || minute > 59 || second > 59 ? null : (hour * 60 + minute) * 60 + second;
}
