import type { TableFacts } from '../connectors/catalog-records.ts';
import { type Random, randomFrom } from '../workload/random.ts';

/** Kinds of items: a: 6 attributes, 200 B; b: 25 attributes, 1 KB; c: nested, 10 KB, as DynamoDB counts sizes. */
export const shapes = ['a', 'b', 'c'] as const;
export type Shape = (typeof shapes)[number];

/** DynamoDB JSON: what an export's line, and the usual loop's Kafka message, hold. */
export type JsonItem = { [name: string]: JsonValue };
type JsonValue = { [type: string]: string | boolean | string[] | JsonItem | JsonValue[] };

const seed = 20_261;
const words =
  'alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec romeo sierra tango order customer invoice shipping address payment pending cancelled warehouse région ñandú'.split(
    ' ',
  );

/** The item with this number; the same for ever. All have the string keys `pk` and `sk`. */
export function itemOf(shape: Shape, index: number): JsonItem {
  const random = randomFrom(seed, index);
  if (shape === 'a') return smallItem(random);
  return shape === 'b' ? wideItem(random) : nestedItem(random);
}

export function tableNameOf(shape: Shape): string {
  return `Bench_${shape}`;
}

/** A table of items of this shape, as a source would describe it. */
export function factsOf(shape: Shape): TableFacts {
  return {
    table: tableNameOf(shape),
    arn: null,
    tableId: null,
    keySchema: [
      { name: 'pk', type: 'S' },
      { name: 'sk', type: 'S' },
    ],
    attributeTypes: { pk: 'S', sk: 'S' },
    localIndexes: [],
    globalIndexes: [],
    ttlAttribute: null,
    itemCount: null,
    sizeBytes: null,
  };
}

function smallItem(random: Random): JsonItem {
  return {
    pk: { S: uuid(random) },
    sk: { S: time(random) },
    amount: { N: number(random) },
    version: { N: String(random.below(50)) },
    active: { BOOL: random.oneIn(2) },
    note: { S: text(random, 103) },
  };
}

function wideItem(random: Random): JsonItem {
  const item: JsonItem = { pk: { S: `CUST#${uuid(random)}` }, sk: { S: `ORDER#${time(random)}` } };
  for (let i = 0; i < 12; i++) item[`attr_str_${i}`] = { S: text(random, 30 + random.below(30)) };
  for (let i = 0; i < 6; i++) item[`attrNum${i}`] = { N: number(random) };
  item['isPaid'] = { BOOL: true };
  item['deletedAt'] = { NULL: true };
  item['tags'] = { SS: [0, 1, 2].map((i) => `${text(random, 8)}${i}`) };
  item['blob'] = { B: base64(random, 48) };
  item['meta'] = { M: { a: { S: text(random, 20) }, b: { N: number(random) } } };
  return item;
}

function nestedItem(random: Random): JsonItem {
  const events: JsonItem = {};
  for (let i = 0; i < 20; i++) {
    events[`ev${i}`] = {
      M: { at: { S: time(random) }, by: { S: uuid(random) }, what: { S: text(random, 40) } },
    };
  }
  return {
    pk: { S: `DOC#${uuid(random)}` },
    sk: { S: time(random) },
    lines: { L: Array.from({ length: 28 }, () => orderLine(random)) },
    events: { M: events },
    body: { S: text(random, 1500) },
    raw: { B: base64(random, 450) },
    tags: { SS: Array.from({ length: 10 }, (_, i) => `${hex(random, 8)}${i}`) },
    numbers: { NS: Array.from({ length: 10 }, (_, i) => String(random.below(1e8) * 10 + i)) },
  };
}

function orderLine(random: Random): JsonValue {
  return {
    M: {
      sku: { S: hex(random, 12) },
      quantity: { N: String(random.below(100)) },
      price: { N: number(random) },
      description: { S: text(random, 90) },
      taxable: { BOOL: random.oneIn(2) },
      size: { L: [{ N: number(random) }, { N: number(random) }, { N: number(random) }] },
      extra: { M: { colour: { S: text(random, 12) }, note: { NULL: true } } },
    },
  };
}

function text(random: Random, length: number): string {
  let made = '';
  while (made.length < length) made += `${words[random.below(words.length)]} `;
  return made.slice(0, length);
}

function hex(random: Random, length: number): string {
  let made = '';
  while (made.length < length) made += random.below(0x10000000).toString(16).padStart(7, '0');
  return made.slice(0, length);
}

function uuid(random: Random): string {
  return [8, 4, 4, 4, 12].map((length) => hex(random, length)).join('-');
}

function time(random: Random): string {
  return new Date(1.6e12 + random.below(2e11)).toISOString();
}

/** No zero ends it: what DynamoDB prints. */
function number(random: Random): string {
  return random.oneIn(2)
    ? String(random.below(1e9))
    : `${random.below(1e6)}.${random.below(1000)}${1 + random.below(9)}`;
}

function base64(random: Random, bytes: number): string {
  return Buffer.from(hex(random, 2 * bytes), 'hex').toString('base64');
}
