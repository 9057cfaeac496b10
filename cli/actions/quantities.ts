const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

/** `1,234`; null: `an unknown number of`. */
export const countText = (count: number | null): string =>
  count === null ? 'an unknown number of' : whole.format(count);

const byteUnits = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** `1.5 MB`, in powers of 1000. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${tenths.format(value)} ${byteUnits[unit]}`;
}

/** `42 s`, `12 min`, `3.5 h`, `2.1 d`. */
export function durationText(seconds: number): string {
  if (seconds < 120) return `${whole.format(seconds)} s`;
  if (seconds < 7_200) return `${whole.format(seconds / 60)} min`;
  return seconds < 172_800 ? `${tenths.format(seconds / 3_600)} h` : `${tenths.format(seconds / 86_400)} d`;
}
