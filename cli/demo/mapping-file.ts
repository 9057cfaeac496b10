/** What the demo's table becomes in CQL: some typed columns, and all else in one that loses nothing. */
export function mappingFile(table: string): string {
  return `# What the table becomes in CQL. Every key is explained in docs/cql.md; messina infer proposes such a file.

table: ${table}
into: {table: songs}
key: {partition: [artist], clustering: [title]}
columns:
  - {column: artist, type: text, attribute: Artist}
  - {column: title, type: text, attribute: SongTitle}
  - {column: year, type: int, attribute: Year}                   # what is no whole number goes to the leftovers
  - {column: price, type: decimal, attribute: Price}
  - {column: tags, type: 'frozen<set<text>>', attribute: Tags}
  - {column: award_year, type: int, attribute: Awards.Year}      # a path into a map
leftovers: {column: other, type: 'frozen<map<text, text>>'}      # everything else, as DynamoDB JSON
`;
}
