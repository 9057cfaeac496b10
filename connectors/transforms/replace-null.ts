import { z } from 'zod';

/** An option of Kafka Connect that can say nothing here: it is about defaults of schemas, and items have none. */
export const replaceNull = () =>
  z
    .boolean()
    .default(true)
    .describe('Taken for the sake of configurations that have it: items have no schema, and so no defaults.');
