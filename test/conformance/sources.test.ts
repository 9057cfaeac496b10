import type { TableFacts } from '../../connectors/catalog-records.ts';
import type { SourcePartition } from '../../connectors/connector.ts';
import { s3ExportSource } from '../../source/export/connector.ts';
import { itemLine, music, optionsFor, testContext, writeExport } from '../unit/source/export-fixture.ts';
import { ScanWorld } from '../unit/source/scan-world.ts';
import { EPOCH, FACTS, MINUTE, START, StreamWorld, type WorldShard } from '../unit/source/stream-world.ts';
import { type Held, type SourceSubject, sourceSuite } from './source-suite.ts';

const nothingToClose = async () => {};

const put = (id: string): Held => ({ id, as: 'put' });

async function listed(partitions: AsyncIterable<SourcePartition>): Promise<SourcePartition[]> {
  const found: SourcePartition[] = [];
  for await (const partition of partitions) found.push(partition);
  return found;
}

sourceSuite('the scan source', { kind: 'snapshot', rejects: false }, async () => {
  const world = new ScanWorld();
  const options = world.options({ segments: 3 });
  const snapshot = await world.take(null, { segments: 3 });
  const { source, context } = world;
  const holds = new Map<string, Held[]>();
  for (let segment = 0; segment < 3; segment++) {
    const ids = Array.from({ length: world.itemsPerSegment }, (_, i) => put(`${segment}-${i}`));
    holds.set(`segment-${segment}`, ids);
  }
  return {
    table: FACTS.table,
    holds,
    discover: () => listed(source.discover(options, FACTS, snapshot, context)),
    open: (partition, position) =>
      source.open(
        options,
        partition,
        { position, parents: [], table: FACTS, snapshot, version: 77 },
        context,
      ),
    [Symbol.asyncDispose]: nothingToClose,
  };
});

/** As large as makes some of them fill a batch. */
const filler = 'x'.repeat(400_000);
const row = (id: string) => itemLine({ id: { S: id }, filler: { S: filler } });
const unreadable = (id: string) => itemLine({ id: { S: id }, odd: { Q: '1' } });

sourceSuite('the export source', { kind: 'snapshot', rejects: true }, async (): Promise<SourceSubject> => {
  const table: TableFacts = { ...music, keySchema: [{ name: 'id', type: 'S' }], attributeTypes: { id: 'S' } };
  const files = ['a.json.gz', 'b.json.gz'];
  const heldBy = (file: string): Held[] =>
    Array.from({ length: 10 }, (_, i) => {
      const id = `${file}-row-${i}`;
      return i % 4 === 2 ? { id, as: 'rejected' } : put(id);
    });
  const written = await writeExport({
    files: files.map((name) => ({
      name,
      lines: heldBy(name).map(({ id, as }) => (as === 'put' ? row(id) : unreadable(id))),
    })),
  });
  const options = optionsFor(written.summaryUrl);
  const context = testContext();
  const snapshot = await s3ExportSource.take(options, table, null, context);
  return {
    table: table.table,
    holds: new Map(files.map((name) => [`data/${name}`, heldBy(name)])),
    discover: () => listed(s3ExportSource.discover(options, table, snapshot, context)),
    open: (partition, position) =>
      s3ExportSource.open(
        options,
        partition,
        { position, parents: [], table, snapshot, version: 5 },
        context,
      ),
    [Symbol.asyncDispose]: () => written[Symbol.asyncDispose](),
  };
});

sourceSuite('the streams source', { kind: 'changes', rejects: true }, async () => {
  const world = new StreamWorld();
  world.recordsMax = 7;
  // Many changes share a creation time, within a shard and over the split.
  world.coarseMs = MINUTE;
  const { source, context } = world;
  const holds = new Map<string, Held[]>();
  const fill = (shard: WorldShard) => {
    holds.set(
      shard.id,
      Array.from({ length: 20 }, (_, i) => changeAt(world, shard, i)),
    );
    shard.closed = true;
  };
  fill(world.shard('root'));
  fill(world.shard('left', 'root'));
  fill(world.shard('right', 'root'));
  const options = source.options.parse({ region: 'eu-central-1' });
  return {
    table: FACTS.table,
    holds,
    discover: () => listed(source.discover(options, FACTS, EPOCH, context)),
    open: (partition, position, parents) => {
      const from = { position, parents, table: FACTS, epoch: EPOCH, coverageMs: START };
      return source.open(options, partition, from, context);
    },
    [Symbol.asyncDispose]: nothingToClose,
  };
});

function changeAt(world: StreamWorld, shard: WorldShard, i: number): Held {
  world.clock.advance(900);
  const id = `hot-${i % 3}`;
  if (i % 5 === 4) {
    world.write(shard, id, null);
    return { id, as: 'delete' };
  }
  if (i % 7 !== 3) {
    world.write(shard, id, `${shard.id} ${i}`);
    return put(id);
  }
  const odd = `unreadable-${i}`;
  const keys = { id: { S: odd } };
  world.write(shard, odd, 'x', { keys, newImage: { ...keys, odd: { Q: '1' } } });
  return { id: odd, as: 'rejected' };
}
