/**
 * The table `Music` of the tests as a typed CQL table, mapped and compared by hand: with the driver, the SDK, and nothing of
 * Messina's.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import type { TestServices } from '../../services.ts';
import { canonical, type Differences, type SdkItem } from './compare.ts';
import { attributesIn, itemsOf, rowClient } from './cql-rows.ts';
import { type FileOptions, type MigrationFile, migrationFile } from './migration-file.ts';

/** What a mapping file makes of the table. */
export interface SongsLayout {
  readonly table: string;
  /** Year of a song is an `int`, or a `timestamp` that counts so. */
  readonly year?: 'seconds' | 'milliseconds';
  /** The year is the partition key, before the source's key: an item without one has no row. */
  readonly byYear?: true;
}

/** The document of a mapping file (YAML is a superset of JSON). */
export function songsMapping({ table, year, byYear }: SongsLayout): object {
  return {
    table: 'Music',
    into: { table },
    ...(byYear ? { key: { partition: ['year'], clustering: ['artist', 'title'] } } : {}),
    columns: [
      { column: 'artist', type: 'text', attribute: 'Artist' },
      { column: 'title', type: 'text', attribute: 'SongTitle' },
      {
        column: 'year',
        ...(year === undefined ? { type: 'int' } : { type: 'timestamp', unit: year }),
        attribute: 'Year',
      },
      { column: 'price', type: 'decimal', attribute: 'Price' },
      { column: 'tags', type: 'frozen<set<text>>', attribute: 'Tags' },
      { column: 'Revision', type: 'bigint', attribute: 'Revision' },
    ],
    leftovers: { column: 'other' },
  };
}

export interface SongsFile extends MigrationFile {
  /** Writes the mapping file beside it again. */
  map(document: object): Promise<void>;
}

/** A migration file with a mapping file of one document beside it. */
export async function songsFile(
  services: TestServices,
  document: object,
  options: Partial<FileOptions> = {},
): Promise<SongsFile> {
  const file = await migrationFile(services, songsOptions(services, options));
  const map = (chosen: object) =>
    writeFile(join(file.directory, 'songs.mapping.yaml'), JSON.stringify(chosen, null, 2));
  await map(document);
  return { ...file, map };
}

export function songsOptions(
  { cassandra: { contactPoint, keyspace } }: TestServices,
  options: Partial<FileOptions> = {},
): FileOptions {
  const { target, ...rest } = options;
  return {
    tables: ['Music'],
    ...rest,
    target: {
      type: 'cql',
      contactPoints: [contactPoint],
      keyspace,
      mapping: 'songs.mapping.yaml',
      ...target,
    },
  };
}

/** Rows are told apart by all columns that are part of a key in some layout: one that moved is missing and extra. */
export async function compareSongs(services: TestServices, layout: SongsLayout): Promise<Differences> {
  const [wanted, found] = await Promise.all([wantedSongs(services, layout), songRows(services, layout)]);
  return {
    rows: wanted.size,
    missing: [...wanted.keys()].filter((key) => !found.has(key)),
    different: [...wanted].filter(([key, row]) => (found.get(key) ?? row) !== row).map(([key]) => key),
    extra: [...found.keys()].filter((key) => !wanted.has(key)),
  };
}

/** The source's items and the rows are the same, and there are some. */
export async function expectSameSongs(services: TestServices, layout: SongsLayout): Promise<void> {
  const { rows, ...differences } = await compareSongs(services, layout);
  expect(differences).toEqual({ missing: [], different: [], extra: [] });
  expect(rows).toBeGreaterThan(0);
}

async function wantedSongs({ source }: TestServices, { byYear }: SongsLayout): Promise<Map<string, string>> {
  const rows = new Map<string, string>();
  for (const item of await itemsOf(source.client, 'Music')) {
    const { Artist, SongTitle, Year, Price, Tags, Revision, ...other } = item;
    if (byYear && Year === undefined) continue;
    add(rows, { Artist, SongTitle, Year, Price, Tags, Revision }, other);
  }
  return rows;
}

async function songRows(
  { cassandra }: TestServices,
  { table, year }: SongsLayout,
): Promise<Map<string, string>> {
  await using client = rowClient(cassandra);
  const rows = new Map<string, string>();
  for (const row of await client.rows('*', `${cassandra.keyspace}.${table}`)) {
    const ofYear = row['year'] instanceof Date ? row['year'].getTime() : row['year'];
    const held = {
      Artist: { S: String(row['artist']) },
      SongTitle: { S: String(row['title']) },
      Year: numberOf(year === 'seconds' && ofYear !== null ? Number(ofYear) / 1000 : ofYear),
      Price: numberOf(row['price']),
      Tags: row['tags'] === null ? undefined : { SS: row['tags'] as string[] },
      Revision: numberOf(row['Revision']),
    };
    add(rows, held, attributesIn(row['other']));
  }
  return rows;
}

const numberOf = (value: unknown): AttributeValue | undefined =>
  value === null ? undefined : { N: String(value) };

type Held = Record<'Artist' | 'SongTitle' | 'Year', AttributeValue | undefined> &
  Record<string, AttributeValue | undefined>;

/** Columns and leftovers apart: what the leftovers hold in a column's place is different. */
function add(rows: Map<string, string>, held: Held, other: SdkItem): void {
  const present = Object.entries(held).filter((entry): entry is [string, AttributeValue] => !!entry[1]);
  const { Artist, SongTitle, Year } = held;
  const key = [Year?.N, Artist?.S, SongTitle?.S].join(' / ');
  if (rows.has(key)) throw new Error(`${key} is there twice`);
  rows.set(key, `${canonical({ M: Object.fromEntries(present) })} + ${canonical({ M: other })}`);
}
