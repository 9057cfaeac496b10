import { z } from 'zod';

/** Replicas of a topic that is created, as Kafka Connect takes them; -1: the broker's default. */
export const replicationFactor = z
  .int()
  .min(-1)
  .max(32_767)
  .refine((factor) => factor !== 0, {
    error: 'Value must be positive, or -1 for the default of the broker',
  })
  .default(-1);
