import type { TableFacts } from '../../connectors/catalog-records.ts';
import type { SourcePartition } from '../../connectors/connector.ts';
import { s3ExportSource } from '../../source/export/connector.ts';
import {
  chainOptions,
  itemLine,
  music,
  optionsFor,
  testContext,
  writeChain,
  writeExport,
} from '../unit/source/export-fixture.ts';
import { fullSpec, windowSpec } from '../unit/source/export-history.ts';
import { ScanWorld } from '../unit/source/scan-world.ts';
import { asked } from '../unit/source/snapshot-asked.ts';
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

const formats = {
  json: {
    lineOf: (id: string, bad: boolean) => (bad ? unreadable(id) : row(id)),
    outputFormat: 'DYNAMODB_JSON',
  },
  ion: {
    lineOf: (id: string, bad: boolean) =>
      `$ion_1_0 {Item:{id:"${id}",${bad ? 'odd:1e0' : `filler:"${filler}"`}}}`,
    outputFormat: 'ION',
  },
};

for (const format of ['json', 'ion'] as const)
  sourceSuite(`the export source, ${format}`, { kind: 'snapshot', rejects: true }, () =>
    exportSubject(format),
  );

async function exportSubject(format: keyof typeof formats): Promise<SourceSubject> {
  const { lineOf, outputFormat } = formats[format];
  const table: TableFacts = { ...music, keySchema: [{ name: 'id', type: 'S' }], attributeTypes: { id: 'S' } };
  const files = [`a.${format}.gz`, `b.${format}.gz`];
  const heldBy = (file: string): Held[] =>
    Array.from({ length: 10 }, (_, i) => {
      const id = `${file}-row-${i}`;
      return i % 4 === 2 ? { id, as: 'rejected' } : put(id);
    });
  const written = await writeExport({
    files: files.map((name) => ({
      name,
      lines: heldBy(name).map(({ id, as }) => lineOf(id, as === 'rejected')),
    })),
    summary: { outputFormat },
  });
  const options = optionsFor(written.summaryUrl);
  const context = testContext();
  const [snapshot] = await s3ExportSource.take(options, table, asked(), context);
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
}

const changed = (id: string) => windowLine({ NewImage: { id: { S: id }, filler: { S: filler } } }, id);
const gone = (id: string) => windowLine({ OldImage: { id: { S: id }, filler: { S: filler } } }, id);
const odd = (id: string) => windowLine({ NewImage: { id: { S: id }, odd: { Q: '1' } } }, id);
const windowLine = (images: object, id: string) =>
  JSON.stringify({
    Metadata: { WriteTimestampMicros: { N: '1718001234567890' } },
    Keys: { id: { S: id } },
    ...images,
  });

/** The last one of a full export and two windows. */
async function windowSubject(): Promise<SourceSubject> {
  const table: TableFacts = { ...music, keySchema: [{ name: 'id', type: 'S' }], attributeTypes: { id: 'S' } };
  const hour = 3_600_000;
  const x = Date.parse('2024-06-10T06:13:20Z');
  const heldBy = (file: string): Held[] =>
    Array.from({ length: 12 }, (_, i) => {
      const id = `${file}-row-${i}`;
      return { id, as: (['put', 'delete', 'put', 'rejected'] as const)[i % 4]! };
    });
  const lineOf = ({ id, as }: Held) => (as === 'put' ? changed(id) : as === 'delete' ? gone(id) : odd(id));
  const files = ['a', 'b'];
  const end = x + 2 * hour;
  const chain = await writeChain([
    fullSpec(x, [[row('full')]]),
    windowSpec(x - hour, x + hour, [[changed('earlier')]]),
    windowSpec(
      x + hour,
      end,
      files.map((file) => heldBy(file).map(lineOf)),
    ),
  ]);
  const options = chainOptions(chain.summaryUrls);
  const context = testContext();
  const snapshot = (await s3ExportSource.take(options, table, asked(), context)).at(-1)!;
  return {
    table: table.table,
    holds: new Map(files.map((file, i) => [`data/window-${end}-${i}.json.gz`, heldBy(file)])),
    discover: () => listed(s3ExportSource.discover(options, table, snapshot, context)),
    open: (partition, position) =>
      s3ExportSource.open(
        options,
        partition,
        { position, parents: [], table, snapshot, version: 7 },
        context,
      ),
    [Symbol.asyncDispose]: () => chain[Symbol.asyncDispose](),
  };
}

sourceSuite('the export source, of a window of a chain', { kind: 'snapshot', rejects: true }, windowSubject);

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
