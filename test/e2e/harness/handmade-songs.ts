/** Songs that a test writes itself, to say of each what must become of it. */
import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import type { SdkItem } from './compare.ts';

const ARTIST = 'By hand';
const PART = 8;

const keyOf = (n: number): SdkItem => ({ Artist: { S: ARTIST }, SongTitle: { S: String(n) } });

/** Values that a column cannot hold, and some at the edge of what it can. */
const ODD_CONTENTS: readonly SdkItem[] = [
  {
    Price: { S: 'free' },
    Year: { N: '2.5' },
    Awards: { M: { Year: { N: '1999' }, Won: { BOOL: true }, By: { S: 'somebody' } } },
    Tags: { L: [{ S: 'a' }] },
    Revision: { S: 'first' },
  },
  {
    Price: { N: '-12345678901234567890123456789012345678E-100' },
    Year: { N: '2147483648' },
    Awards: { M: {} },
    Tags: { SS: ['', 'ß'] },
    Revision: { N: '-62135596800' },
  },
  { Price: { NULL: true }, Year: { N: '-2147483648' }, Awards: { S: 'none' }, Revision: { N: '0' } },
  { Awards: { M: { Year: { N: '40000' }, Won: { BOOL: false } } } },
  { Awards: { M: { Won: { BOOL: true } } }, Year: { NULL: true } },
];

async function put(client: DynamoDBClient, n: number, content: SdkItem): Promise<void> {
  await client.send(new PutItemCommand({ TableName: 'Music', Item: { ...content, ...keyOf(n) } }));
}

async function remove(client: DynamoDBClient, n: number): Promise<void> {
  await client.send(new DeleteItemCommand({ TableName: 'Music', Key: keyOf(n) }));
}

/** The songs that there are before the migration begins. */
export async function loadHandmade(client: DynamoDBClient, parts: number): Promise<void> {
  for (let part = 0; part < parts; part++) {
    for (let n = 0; n < 5; n++)
      await put(client, part * PART + n, { Price: { N: '1.50' }, Old: { BOOL: true } });
  }
}

/** Of five songs two are deleted, one is deleted twice and made again, two are changed; three are new, of which one stays not. */
export async function changeByHand(client: DynamoDBClient, part: number): Promise<void> {
  const [gone, back, away, changed, also, born, brief, spare] = Array.from(
    { length: PART },
    (_, n) => part * PART + n,
  ) as [number, number, number, number, number, number, number, number];
  await remove(client, gone);
  await remove(client, back);
  await put(client, back, ODD_CONTENTS[0]!);
  await remove(client, back);
  await put(client, back, ODD_CONTENTS[1]!);
  await remove(client, away);
  await put(client, changed, ODD_CONTENTS[0]!);
  await put(client, also, ODD_CONTENTS[2]!);
  await put(client, born, ODD_CONTENTS[3]!);
  await put(client, brief, ODD_CONTENTS[4]!);
  await remove(client, brief);
  await put(client, spare, ODD_CONTENTS[4]!);
}

/** What the stream shows of {@link changeByHand}. */
export const CHANGED_BY_HAND = { c: 5, u: 2, d: 5 };

/** Deleted songs are gone, and those made again are there, with nothing of what they were. */
export function expectHandmade(rows: readonly Readonly<Record<string, unknown>>[], parts: number): void {
  const mine = rows.filter(({ artist }) => artist === ARTIST);
  const titles = Array.from({ length: parts }, (_, part) =>
    [1, 3, 4, 5, 7].map((n) => String(part * PART + n)),
  );
  expect(mine.map(({ title }) => title).sort()).toEqual(titles.flat().sort());
  for (const { other } of mine) expect([...(other as Map<string, string>).keys()]).not.toContain('Old');
}
