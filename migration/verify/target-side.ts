import type { Entry } from '../../connectors/buckets/entry.ts';
import type { SinkTable } from '../../connectors/catalog-records.ts';
import type { SinkConnector, TaskContext } from '../../connectors/connector.ts';
import { itemDigest } from '../../schemas/digest.ts';
import type { Item } from '../../schemas/item.ts';
import type { RowSpace } from './row-space.ts';
import type { Side, Sighting } from './sides.ts';

/** The target's table, as its sink connector reads it back. */
export function targetSide(
  plugin: SinkConnector<unknown>,
  options: unknown,
  table: SinkTable,
  space: RowSpace,
  context: TaskContext,
): Side {
  return {
    logged: false,
    async *rows(isWanted) {
      for await (const rows of plugin.rows(options, table, context)) {
        const entries: Entry[] = [];
        for (const { key, item } of rows) {
          if (isWanted(space.itemKeyOf(key)))
            entries.push({ key, digest: itemDigest(item.avro), version: 0, place: 0 });
        }
        yield entries;
      }
    },
    async look(candidates) {
      const keys = candidates.map(({ key }) => key).filter((key) => space.isPlace(key));
      const found = keys.length === 0 ? [] : await plugin.lookUp(options, table, keys, context);
      let next = 0;
      return candidates.map(({ key }) => sightingOf(space.isPlace(key) ? (found[next++] ?? null) : null));
    },
  };
}

/** What was seen of an item that is at hand. */
export function sightingOf(item: Item | null): Sighting {
  return { digest: item === null ? null : itemDigest(item.avro), item: () => Promise.resolve(item) };
}
