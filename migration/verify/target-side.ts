import type { Entry } from '../../connectors/buckets/entry.ts';
import type { SinkTable } from '../../connectors/catalog-records.ts';
import type { SinkConnector, TaskContext } from '../../connectors/connector.ts';
import { itemDigest } from '../../schemas/digest.ts';
import type { Item } from '../../schemas/item.ts';
import type { Side, Sighting } from './sides.ts';

/** The target's table, as its sink connector reads it back. */
export function targetSide(
  plugin: SinkConnector<unknown>,
  options: unknown,
  table: SinkTable,
  context: TaskContext,
): Side {
  return {
    logged: false,
    async *rows(isWanted) {
      for await (const rows of plugin.rows(options, table, context)) {
        const entries: Entry[] = [];
        for (const { key, item } of rows) {
          if (isWanted(key)) entries.push({ key, digest: itemDigest(item.avro), version: 0, place: 0 });
        }
        yield entries;
      }
    },
    async look(candidates) {
      const keys = candidates.map(({ key }) => key);
      return (await plugin.lookUp(options, table, keys, context)).map((item) => sightingOf(item));
    },
  };
}

/**
 * What was seen of an item that is at hand.
 *
 * @param certain false: it is compared, and never written
 */
export function sightingOf(item: Item | null, certain = true): Sighting {
  return {
    digest: item === null ? null : itemDigest(item.avro),
    item: () => Promise.resolve(certain ? item : null),
  };
}
