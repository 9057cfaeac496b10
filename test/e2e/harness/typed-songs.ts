/** What the table of the workload becomes as typed rows: a mapping file, and the same by hand. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { canonical, type SdkItem } from './compare.ts';
import { attributesIn, type CqlRow, numberText } from './cql-rows.ts';

export const SONGS_MAPPING = `table: Music
into: {table: songs, options: "compaction = {'class': 'LeveledCompactionStrategy'}"}
key: {partition: [artist], clustering: [title]}
columns:
  - {column: artist, type: text, attribute: Artist}
  - {column: title, type: text, attribute: SongTitle}
  - {column: price, type: decimal, attribute: Price}
  - {column: Year, type: int, attribute: Year}
  - {column: won in, type: smallint, attribute: Awards.Year}
  - {column: won, type: boolean, attribute: Awards.Won}
  - {column: tags, type: frozen<set<text>>, attribute: Tags}
  - {column: revised, type: timestamp, attribute: Revision, unit: seconds}
leftovers: {column: other}
`;

/** The last is the time at which the row was written. */
export const SONG_COLUMNS =
  'artist, title, price, "Year", "won in", won, tags, revised, other, WRITETIME(other) AS written';

export const songKey = (artist: unknown, title: unknown): string => JSON.stringify([artist, title]);

/** A song's key and the text of all its columns, of an item. */
export function songOfItem(item: SdkItem): readonly [string, string] {
  const { Artist, SongTitle, Price, Year, Awards, Tags, Revision, ...other } = item;
  const year = wholeNumber(Year, 2 ** 31);
  const wonIn = wholeNumber(Awards?.M?.['Year'], 2 ** 15);
  const won = Awards?.M?.['Won']?.BOOL ?? null;
  const rest: SdkItem = { ...other };
  if (Price !== undefined && Price.N === undefined) rest['Price'] = Price;
  if (Year !== undefined && year === null) rest['Year'] = Year;
  if (Tags !== undefined && Tags.SS === undefined) rest['Tags'] = Tags;
  if (Revision !== undefined && Revision.N === undefined) rest['Revision'] = Revision;
  // Nothing of it is elsewhere only if two members are all it has, and both have their columns.
  const members = Object.keys(Awards?.M ?? {}).length;
  const held = (wonIn === null ? 0 : 1) + (won === null ? 0 : 1);
  if (Awards !== undefined && !(members > 0 && members === held)) rest['Awards'] = Awards;
  const columns = [
    Price?.N === undefined ? null : numberText(Price.N),
    year,
    wonIn,
    won,
    Tags?.SS === undefined ? null : [...Tags.SS].sort(),
    Revision?.N === undefined ? null : Number(Revision.N) * 1000,
    canonical({ M: rest }),
  ];
  return [songKey(Artist?.S, SongTitle?.S), JSON.stringify(columns)];
}

/** The same of a row. */
export function songOfRow(row: CqlRow): readonly [string, string] {
  const { artist, title, price, Year, won, tags, revised, other } = row;
  const columns = [
    price === null ? null : numberText(price),
    Year,
    row['won in'],
    won,
    tags === null ? null : [...(tags as readonly string[])].sort(),
    revised === null ? null : (revised as Date).getTime(),
    canonical({ M: attributesIn(other) }),
  ];
  return [songKey(artist, title), JSON.stringify(columns)];
}

function wholeNumber(value: AttributeValue | undefined, beyond: number): number | null {
  const number = Number(value?.N ?? Number.NaN);
  return Number.isInteger(number) && number >= -beyond && number < beyond ? number : null;
}
