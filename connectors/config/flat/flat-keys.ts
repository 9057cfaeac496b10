import type { z } from 'zod';
import type { FlatKey } from './flat.ts';
import { leavesOf } from './flat-leaves.ts';

/**
 * The keys by which a flat configuration (Kafka Connect's: texts by key) names the options of a schema, in its order.
 *
 * A leaf `s3.forcePathStyle` is the key `s3.force.path.style`; names with dots of their own stay as they are. A record is a
 * prefix: `manifests.<name>`. A list of plain values has commas between, or is JSON text; a list of objects is JSON text.
 */
export const flatKeysOf = (schema: z.ZodType): readonly FlatKey[] => leavesOf(schema);
