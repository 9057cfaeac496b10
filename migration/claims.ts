import type { Epoch } from '../connectors/catalog-records.ts';
import type { Migration } from './config/defaults.ts';

/**
 * What a migration of changes alone, or of a snapshot alone, does not claim (rule C1), in words; null: it moves both.
 *
 * @param known epochs of its tables, as far as they have begun: a copy stays one, whatever the file says by now.
 */
export function notClaimed(
  { source }: Pick<Migration, 'source'>,
  known: readonly Pick<Epoch, 'streamArn'>[] = [],
): string | null {
  if (source.snapshot.from === 'none') {
    return (
      'events only (source.snapshot.from: none): no coverage is claimed. Items that did not change since the stream ' +
      'begins are not moved; ready means that the changes are caught up'
    );
  }
  if (source.changes === 'none' || known.some(({ streamArn }) => streamArn === null)) {
    return (
      'a copy (source.changes: none): no coverage is claimed. What changes in the source during or after the snapshot is ' +
      'not moved; ready means that its rows are written'
    );
  }
  return null;
}
