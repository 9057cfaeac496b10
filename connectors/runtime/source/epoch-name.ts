import type { Epoch } from '../../catalog-records.ts';

/** What the positions of an epoch's shards are stored under. */
export const epochName = (epoch: Pick<Epoch, 'number'>): string => `epoch-${epoch.number}`;

/** Not those of a snapshot's files. */
export const isEpochName = (of: unknown): boolean => typeof of === 'string' && /^epoch-\d+$/.test(of);
