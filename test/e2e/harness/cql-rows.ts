/**
 * Reads CQL tables with nothing of Messina's: the driver alone, and what a test says that a row should be.
 */
import { type AttributeValue, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import cassandra from 'cassandra-driver';
import { expect } from 'vitest';
import type { CassandraAccess } from '../../services.ts';
import { canonical, type SdkItem } from './compare.ts';

export type CqlRow = Readonly<Record<string, unknown>>;

export interface RowClient extends AsyncDisposable {
  /** @param selected what stands between SELECT and FROM */
  rows(selected: string, table: string): Promise<CqlRow[]>;
}

/** Gives the values of maps as they are, whatever their keys are called. */
export function rowClient({ contactPoint, datacenter }: CassandraAccess): RowClient {
  const client = new cassandra.Client({
    contactPoints: [contactPoint],
    localDataCenter: datacenter,
    encoding: { map: Map },
  });
  const options = { prepare: true, fetchSize: 300 };
  return {
    rows: async (selected, table) => {
      const rows: CqlRow[] = [];
      const found = await client.execute(`SELECT ${selected} FROM ${table}`, [], options);
      for await (const row of found) rows.push(row as unknown as CqlRow);
      return rows;
    },
    [Symbol.asyncDispose]: () => client.shutdown(),
  };
}

/** All items of a table, with the SDK's Scan. */
export async function itemsOf(client: DynamoDBClient, table: string): Promise<SdkItem[]> {
  const items: SdkItem[] = [];
  let start: SdkItem | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey: start }),
    );
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}

/** Both sides as texts, by the texts of their keys: the same keys on both, the same texts, and some. */
export function expectSameRows(
  wanted: readonly (readonly [string, string])[],
  found: readonly (readonly [string, string])[],
): number {
  const [left, right] = [new Map(wanted), new Map(found)];
  // No two of a side may share a key.
  expect([left.size, right.size]).toEqual([wanted.length, found.length]);
  const missing = [...left.keys()].filter((key) => !right.has(key));
  const extra = [...right.keys()].filter((key) => !left.has(key));
  const different = [...left].filter(([key, text]) => right.has(key) && right.get(key) !== text);
  const seen = different.slice(0, 3).map(([key, text]) => ({ key, wanted: text, found: right.get(key) }));
  expect({ missing, extra, different: seen }).toEqual({ missing: [], extra: [], different: [] });
  expect(left.size).toBeGreaterThan(0);
  return left.size;
}

/** The attributes that a leftovers column holds, as the SDK would give them. */
export function attributesIn(leftovers: unknown): SdkItem {
  const texts = leftovers as ReadonlyMap<string, string>;
  return Object.fromEntries([...texts].map(([name, text]) => [name, fromJson(JSON.parse(text))]));
}

/** DynamoDB JSON as the SDK's values: binary as bytes. */
export function fromJson(json: Readonly<Record<string, unknown>>): AttributeValue {
  const { B, BS, L, M } = json as {
    B?: string;
    BS?: readonly string[];
    L?: readonly Record<string, unknown>[];
    M?: Readonly<Record<string, Record<string, unknown>>>;
  };
  if (B !== undefined) return { B: Buffer.from(B, 'base64') };
  if (BS !== undefined) return { BS: BS.map((one) => Buffer.from(one, 'base64')) };
  if (L !== undefined) return { L: L.map(fromJson) };
  if (M !== undefined) {
    return { M: Object.fromEntries(Object.entries(M).map(([name, one]) => [name, fromJson(one)])) };
  }
  return json as unknown as AttributeValue;
}

/** A number of the driver's (decimal, varint, bigint) or of DynamoDB's as the one text of its value. */
export const numberText = (number: unknown): string => canonical({ N: String(number) });
