/** A table of items with everything that is hard to carry, and what the default layout makes of them. */
import {
  type AttributeValue,
  CreateTableCommand,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { canonical, type SdkItem } from './compare.ts';
import { attributesIn, type CqlRow } from './cql-rows.ts';

export const ODD_TABLE = 'Odd_Things';
/** The names of its key attributes, and so of the key columns. */
const BYTES = 'Schlüssel "1"';
const NUMBER = "it's a number";

export const ODD_COLUMNS = [BYTES, NUMBER, 'attributes']
  .map((name) => `"${name.replaceAll('"', '""')}"`)
  .join(', ');

export const oddKey = (n: number): SdkItem => ({
  [BYTES]: { B: Uint8Array.of(0, 255, n % 3) },
  [NUMBER]: { N: KEY_NUMBERS[n] ?? String(n) },
});

const DIGITS = '12345678901234567890123456789012345678';

const KEY_NUMBERS = [
  '0',
  '-1',
  '1E-130',
  '9.9999999999999999999999999999999999999E+125',
  `-0.${DIGITS}`,
  '1000000000000000000000',
];

const CONTENTS: readonly SdkItem[] = [
  {},
  {
    empty: { M: {} },
    none: { L: [] },
    text: { S: '' },
    bytes: { B: new Uint8Array(0) },
    nothing: { NULL: true },
  },
  {
    texts: { SS: ['ß', '', '🎸'] },
    numbers: { NS: [DIGITS, '-1E-130', '0'] },
    many: { BS: [Uint8Array.of(0), Uint8Array.of(255)] },
  },
  { one: { N: DIGITS }, two: { N: `-${DIGITS}E-100` }, yes: { BOOL: true }, no: { BOOL: false } },
  {
    deep: {
      L: [
        { M: { '"': { L: [{ M: { x: { B: Uint8Array.of(1, 2) } } }] }, 'a.b': { N: '0.10' } } },
        { NULL: true },
      ],
    },
  },
  {
    attributes: { S: 'called as the column' },
    'it is "quoted"': { S: '"' },
    'ticks ` and \\ and # {not: yaml}': { BOOL: true },
    "it's": { S: "'; DROP TABLE" },
    'a.b[0]': { S: '\u0000\u2028\\' },
    'naïve 北京 🎸': { S: '\ud83c\udfb8' },
    __proto__x: { M: { constructor: { S: 'c' } } },
    'new\nline': { S: '\r\n\t' },
    ['n'.repeat(400)]: { N: '1' },
  },
  { large: { S: 'ü'.repeat(150_000) }, noise: { B: new Uint8Array(50_000).fill(120) } },
];

export const ODD_ITEMS: readonly SdkItem[] = Array.from({ length: 21 }, (_, n) => ({
  ...CONTENTS[n % CONTENTS.length],
  ...oddKey(n),
}));

export async function createOddTable(client: DynamoDBClient): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: ODD_TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: BYTES, KeyType: 'HASH' },
        { AttributeName: NUMBER, KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: BYTES, AttributeType: 'B' },
        { AttributeName: NUMBER, AttributeType: 'N' },
      ],
    }),
  );
  for (const Item of ODD_ITEMS) await client.send(new PutItemCommand({ TableName: ODD_TABLE, Item }));
}

export function oddOfItem(item: SdkItem): readonly [string, string] {
  const key = { [BYTES]: item[BYTES], [NUMBER]: item[NUMBER] } as SdkItem;
  return [canonical({ M: key }), canonical({ M: item })];
}

/** The item that a row of the default layout was made of. */
export function oddOfRow(row: CqlRow): readonly [string, string] {
  const key: Record<string, AttributeValue> = {
    [BYTES]: { B: row[BYTES] as Buffer },
    [NUMBER]: { N: String(row[NUMBER]) },
  };
  return oddOfItem({ ...attributesIn(row['attributes']), ...key });
}
