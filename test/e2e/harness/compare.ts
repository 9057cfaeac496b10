/**
 * Compares two DynamoDB tables in both directions with nothing of Messina's: the SDK's Scan and a canonical text per item.
 */
import {
  type AttributeValue,
  DescribeTableCommand,
  type DynamoDBClient,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';

export interface Differences {
  readonly rows: number;
  readonly missing: readonly string[];
  readonly different: readonly string[];
  readonly extra: readonly string[];
}

export type SdkItem = Record<string, AttributeValue>;

/** @param expected what the target should hold of an item of the source; null: nothing of it. */
export async function compareTables(
  source: { readonly client: DynamoDBClient; readonly table: string },
  target: { readonly client: DynamoDBClient; readonly table: string },
  expected: (item: SdkItem) => SdkItem | null = (item) => item,
): Promise<Differences> {
  const [wanted, found] = await Promise.all([readAll(source, expected), readAll(target, (item) => item)]);
  const missing: string[] = [];
  const different: string[] = [];
  for (const [key, item] of wanted) {
    const other = found.get(key);
    if (other === undefined) missing.push(key);
    else if (other !== item) different.push(key);
  }
  const extra = [...found.keys()].filter((key) => !wanted.has(key));
  return { rows: wanted.size, missing, different, extra };
}

/** Source and target hold the same items, and there are some. */
export async function expectEqualTables(
  source: { readonly client: DynamoDBClient; readonly table: string },
  target: { readonly client: DynamoDBClient; readonly table: string },
  expected?: (item: SdkItem) => SdkItem | null,
): Promise<number> {
  const { rows, ...differences } = await compareTables(source, target, expected);
  expect(differences).toEqual({ missing: [], different: [], extra: [] });
  expect(rows).toBeGreaterThan(0);
  return rows;
}

async function readAll(
  { client, table }: { client: DynamoDBClient; table: string },
  expected: (item: SdkItem) => SdkItem | null,
): Promise<Map<string, string>> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
  const keys = (Table?.KeySchema ?? []).map(({ AttributeName }) => AttributeName as string);
  const items = new Map<string, string>();
  let start: Record<string, AttributeValue> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey: start }),
    );
    for (const item of page.Items ?? []) {
      const key = Object.fromEntries(keys.map((name) => [name, item[name] as AttributeValue]));
      const held = expected(item);
      if (held !== null) items.set(canonical({ M: key }), canonical({ M: held }));
    }
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}

/** The same text for equal values: members and set elements sorted, binary as base64. */
export function canonical(value: AttributeValue): string {
  if (value.M) {
    const members = Object.entries(value.M).map(([name, one]) => `${JSON.stringify(name)}:${canonical(one)}`);
    return `M{${members.sort().join()}}`;
  }
  if (value.L) return `L[${value.L.map(canonical).join()}]`;
  if (value.SS) return `SS${JSON.stringify([...value.SS].sort())}`;
  if (value.N) return `N${canonicalNumber(value.N)}`;
  if (value.NS) return `NS${JSON.stringify(value.NS.map(canonicalNumber).sort())}`;
  if (value.BS)
    return `BS${JSON.stringify(value.BS.map((one) => Buffer.from(one).toString('base64')).sort())}`;
  if (value.B) return `B${Buffer.from(value.B).toString('base64')}`;
  return JSON.stringify(value);
}

/** Digits without zeros at either end, and their exponent: DynamoDB Local keeps nested numbers as they were written. */
function canonicalNumber(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([-+]?)(\d*)\.?(\d*)(?:[eE]([-+]?\d+))?$/.exec(text) ?? [];
  const all = (whole + fraction).replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  if (digits === '') return '0';
  const scale = Number(exponent) - fraction.length + (all.length - digits.length);
  return `${sign === '-' ? '-' : ''}${digits}e${scale}`;
}
