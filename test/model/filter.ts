import type { Transform } from '../../connectors/connector.ts';
import { numberOf } from './target.ts';

/** Whether a version of an item belongs in the target: one of three does not, so items move in and out. */
export function belongs(n: number): boolean {
  return n % 3 !== 0;
}

export const filter: Transform = {
  name: 'Filter',
  fingerprint: 'n % 3',
  apply: (record) => (record.after === null || belongs(numberOf(record.after.json)) ? record : null),
};
