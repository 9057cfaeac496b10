import { z } from 'zod';
import { type AttributePath, pathText } from '../../schemas/attribute-path.ts';
import { Item } from '../../schemas/item.ts';
import { canonicalNumber } from '../../schemas/numbers.ts';
import type { AttributeValue } from '../../schemas/values.ts';
import { ConnectError } from '../errors.ts';
import { formatDate } from './date-format.ts';
import { readDatePattern } from './date-pattern.ts';
import { DateReader } from './date-reader.ts';
import { field, fieldSyntax, readable, readField } from './fields.ts';
import { editMap, PathTree } from './path-tree.ts';
import { replaceNull } from './replace-null.ts';
import { transformPlugin } from './transform.ts';

const PRECISIONS = ['seconds', 'milliseconds', 'microseconds', 'nanoseconds'] as const;

type Precision = (typeof PRECISIONS)[number];

/** How many of each unit are in a second. */
const PER_SECOND: Readonly<Record<Precision, bigint>> = {
  seconds: 1n,
  milliseconds: 1000n,
  microseconds: 1_000_000n,
  nanoseconds: 1_000_000_000n,
};

/**
 * Makes texts of times (N) and the other way round, in UTC.
 *
 * As in Kafka Connect a time has milliseconds on its way between the two: what is finer is cut, towards 1970.
 */
export const timestampConverter = transformPlugin({
  name: 'TimestampConverter$Value',
  summary: 'Makes a text (S) of a time (N, since 1970), or the other way round.',
  options: z.strictObject({
    field: field('Field to convert.'),
    'target.type': z
      .enum(['string', 'unix'])
      .describe(
        'What it becomes: a text (S), or the time since 1970 (N). DynamoDB has no other types of times.',
      ),
    format: readable(
      readDatePattern,
      'How texts are written and read, a pattern of SimpleDateFormat. Needed for string, and for reading texts.',
    ).exactOptional(),
    'unix.precision': z.enum(PRECISIONS).default('milliseconds').describe('Unit of times since 1970.'),
    'field.syntax.version': fieldSyntax(),
    'replace.null.with.default': replaceNull(),
  }),
  contradiction({ format, 'target.type': target }) {
    if (target === 'unix' || format !== undefined) return null;
    return {
      option: 'format',
      message: 'is missing, and target.type is string',
      remedy: "Give a pattern, such as yyyy-MM-dd'T'HH:mm:ss.SSSX.",
    };
  },
  make({ field: name, format, 'target.type': target, 'unix.precision': precision, ...options }) {
    const path = readField(name, options['field.syntax.version']);
    const tree = PathTree.of([[path, true]]);
    const times = new Times(format, precision);
    return {
      meaning: JSON.stringify([pathText(path), target, format ?? null, precision]),
      change(item) {
        if (!tree.meets(item)) return item;
        const edit = (value: AttributeValue) =>
          'NULL' in value ? value : target === 'unix' ? times.toUnix(value, path) : times.toText(value, path);
        const after = editMap(item.attributes, tree, edit);
        return after === item.attributes ? item : Item.fromAttributes(after);
      },
      touches: (attribute) => (tree.endsAt(attribute) ? { option: 'field', does: 'converts' } : null),
    };
  },
});

/** Times as texts and as numbers. */
class Times {
  readonly #write: ((timeMs: number) => string | null) | null;
  readonly #reader: DateReader | null;
  readonly #precision: Precision;

  constructor(format: string | undefined, precision: Precision) {
    const parts = format === undefined ? null : readDatePattern(format);
    this.#write = parts && ((timeMs) => formatDate(parts, timeMs));
    this.#reader = parts && new DateReader(parts);
    this.#precision = precision;
  }

  toUnix(value: AttributeValue, path: AttributePath): AttributeValue {
    if ('N' in value) {
      wholeNumber(value.N, path);
      return value;
    }
    const timeMs = BigInt(this.#read(value, path));
    return { N: String((timeMs * PER_SECOND[this.#precision]) / 1000n) };
  }

  toText(value: AttributeValue, path: AttributePath): AttributeValue {
    const timeMs =
      'N' in value
        ? Number((wholeNumber(value.N, path) * 1000n) / PER_SECOND[this.#precision])
        : this.#read(value, path);
    const text = this.#write?.(timeMs) ?? null;
    if (text === null) throw fault(path, value, 'no time between the years 1583 and 9999');
    return 'S' in value && value.S === text ? value : { S: text };
  }

  #read(value: AttributeValue, path: AttributePath): number {
    if (!('S' in value)) throw fault(path, value, 'no time');
    if (this.#reader === null) throw fault(path, value, 'and there is no format to read it with');
    const timeMs = this.#reader.read(value.S);
    if (timeMs === null) throw fault(path, value, 'no time as format writes it');
    return timeMs;
  }
}

function wholeNumber(text: string, path: AttributePath): bigint {
  const number = canonicalNumber(text);
  const whole = number.includes('.') ? null : BigInt(number);
  // Kafka Connect's unix times are 64 bits wide.
  if (whole === null || BigInt.asIntN(64, whole) !== whole) {
    throw fault(path, { N: text }, 'no whole number of 64 bits');
  }
  return whole;
}

const fault = (path: AttributePath, value: AttributeValue, what: string) =>
  new ConnectError('RECORD_TRANSFORM', `${pathText(path)} is ${Object.keys(value)[0]}, ${what}`);
