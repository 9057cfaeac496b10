import type { SinkTable } from '../connectors/catalog-records.ts';
import type { TaskContext } from '../connectors/connector.ts';
import { standingTable } from '../connectors/runtime/sink/sink-target.ts';
import type { SinkDefinition } from '../connectors/runtime/sink/sink-world.ts';

/** Which table stands in the target ({@link standingTable}), where no task of the sink runs. Nothing is written. */
export async function standingNow(
  { plugin, options }: Pick<SinkDefinition, 'plugin' | 'options'>,
  table: SinkTable,
  context: TaskContext,
): Promise<string | null> {
  await using task = await plugin.open(options, { ...context, leaseValid: () => false });
  return await standingTable(task, table);
}
