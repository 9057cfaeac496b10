import type { TableFacts } from '../../../connectors/catalog-records.ts';
import { mappingText } from '../../../migration/infer/mapping-text.ts';
import { type Proposal, proposalOf } from '../../../migration/infer/proposal.ts';
import { SampleTally } from '../../../migration/infer/sample-tally.ts';
import { rowRecord } from '../../../migration/verify/transformed.ts';
import { Item } from '../../../schemas/item.ts';
import type { Attributes, AttributeValue, KeySchema } from '../../../schemas/values.ts';
import type { SdkItem } from '../../../workload/items.ts';
import { sinkTable } from '../../sink-records.ts';

export const factsOf = (keySchema?: KeySchema, table = 'T'): TableFacts => sinkTable(table, keySchema).facts;

/** An item from DynamoDB JSON with binary as bytes, as the SDK has it. */
export function itemFrom(item: SdkItem | Readonly<Record<string, unknown>>): Item {
  const json = JSON.stringify(item, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  );
  return Item.fromJson(Buffer.from(json));
}

export function sampleOf(items: readonly Item[]): SampleTally {
  const sample = new SampleTally([]);
  for (const item of items) sample.add(rowRecord('T', Buffer.alloc(0), item));
  return sample;
}

/** What is proposed for these items of a table with the key `id`, or another. */
export function proposed(
  items: readonly Item[],
  facts: TableFacts = factsOf(),
): { proposal: Proposal; text: string } {
  const sample = sampleOf(items);
  const proposal = proposalOf(facts, sample);
  const readAt = new Date(Date.UTC(2026, 10, 21));
  return { proposal, text: mappingText(proposal, { facts, from: 'source', sample, readAt }) };
}

/** Items with an id and one attribute `a`, one for each value. */
export const itemsWith = (values: readonly (AttributeValue | null)[]): Item[] =>
  values.map((value, n) => {
    const attributes: Attributes = new Map([
      ['id', { S: `key ${n}` }],
      ...(value === null ? [] : [['a', value] as const]),
    ]);
    return Item.fromAvro(Item.fromAttributes(attributes).avro);
  });
