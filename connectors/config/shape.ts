import { z } from 'zod';

/** The part of JSON Schema that the schemas of files and options use, plus what their leaves say of themselves with `meta`. */
export interface Shape {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Shape;
  readonly items?: Shape;
  readonly oneOf?: readonly Shape[];
  readonly anyOf?: readonly Shape[];
  readonly secret?: boolean;
  readonly path?: boolean;
  /** Of keys of flat configurations: what Kafka Connect's tools show of them. */
  readonly configType?: string;
  readonly group?: string;
  readonly importance?: string;
  readonly displayName?: string;
}

/** The JSON Schema of a file or of options, as people write it: keys with a default may be left out. */
export const shapeOf = (schema: z.ZodType): Shape =>
  z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // The limits of exact integers are no limits of the format.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  }) as Shape;

/** The shapes that a value may have instead of one; none: it has one shape. */
export const alternatives = (shape: Shape): readonly Shape[] => shape.oneOf ?? shape.anyOf ?? [];
