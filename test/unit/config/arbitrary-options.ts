import fc from 'fast-check';
import { z } from 'zod';

interface Limits {
  readonly type?: string;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Limits>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Limits;
  readonly propertyNames?: Limits;
  readonly items?: Limits;
  readonly anyOf?: readonly Limits[];
  readonly oneOf?: readonly Limits[];
}

/** Valid options of a schema, as people would write them: keys with a default are there or not. */
export const optionsOf = (schema: z.ZodType): fc.Arbitrary<unknown> =>
  arbitraryOf(z.toJSONSchema(schema, { io: 'input' }) as Limits).filter(
    (value) => schema.safeParse(value).success,
  );

function arbitraryOf(limits: Limits): fc.Arbitrary<unknown> {
  const branches = (limits.anyOf ?? limits.oneOf ?? []).filter(({ type }) => type !== 'null');
  if (branches.length > 0) return fc.oneof(...branches.map(arbitraryOf));
  if (limits.const !== undefined) return fc.constant(limits.const);
  if (limits.enum !== undefined) return fc.constantFrom(...limits.enum);
  switch (limits.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({
        min: limits.minimum ?? -1000,
        max: Math.min(limits.maximum ?? 1_000_000, 1_000_000),
      });
    case 'number':
      return fc.double({ min: limits.minimum ?? 1e-9, max: limits.maximum ?? 1e12, noNaN: true });
    case 'array':
      return fc.array(arbitraryOf(limits.items ?? {}), { minLength: limits.minItems ?? 0, maxLength: 4 });
    case 'object':
      return objectOf(limits);
    default:
      return textOf(limits);
  }
}

function objectOf(limits: Limits): fc.Arbitrary<unknown> {
  if (limits.properties === undefined) {
    const entry = typeof limits.additionalProperties === 'object' ? limits.additionalProperties : {};
    return fc.dictionary(textOf({ minLength: 1, ...limits.propertyNames }), arbitraryOf(entry), {
      maxKeys: 3,
    });
  }
  const members = Object.entries(limits.properties).map(([name, one]) => [name, arbitraryOf(one)] as const);
  return fc.record(Object.fromEntries(members), { requiredKeys: [...(limits.required ?? [])] });
}

function textOf({ format, pattern, minLength = 0 }: Limits): fc.Arbitrary<string> {
  if (format === 'uri') return fc.constantFrom('http://127.0.0.1:8000', 'https://[::1]/x,y', 'http://a.b:1');
  if (pattern !== undefined && !pattern.startsWith('^(s3')) return fc.stringMatching(new RegExp(pattern));
  if (pattern !== undefined) return fc.constantFrom('s3://b/a,b', 's3://b/ k ', 'file:///x', 's3://b/["');
  const hard = fc.constantFrom(
    ' a ',
    'a,b',
    '["a"]',
    '[',
    '{"a":1}',
    '__proto__',
    'constructor',
    'A.b',
    'true',
    '1',
    'ü😀',
    '\n',
  );
  return fc.oneof(fc.string({ minLength, maxLength: 20, unit: 'grapheme-ascii' }), hard);
}
