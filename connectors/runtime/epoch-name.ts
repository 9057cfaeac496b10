import type { Epoch } from '../catalog-records.ts';

/** What the positions of an epoch's shards are stored under. */
export const epochName = (epoch: Pick<Epoch, 'number'>): string => `epoch-${epoch.number}`;
