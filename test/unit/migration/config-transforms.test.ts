import { describe, expect, test } from 'vitest';
import { parse, problemsOf, validText } from './migration-text.ts';

/** Problems of a file whose transforms begin in line 12, an entry per line. */
const problems = (entries: readonly string[], predicates: readonly string[] = []) =>
  problemsOf(withTransforms(entries, predicates), { SECRET: 'swordfish' });

const withTransforms = (entries: readonly string[], predicates: readonly string[] = []) =>
  [
    `${validText}transforms:`,
    ...entries.map((entry) => `  - ${entry}`),
    ...(predicates.length === 0 ? [] : ['predicates:', ...predicates.map((one) => `  ${one}`)]),
    '',
  ].join('\n');

describe('transforms of a migration file', () => {
  test('are taken by their short names and by those of the classes', () => {
    const text = withTransforms(
      [
        "{type: ReplaceField$Value, exclude: 'debug,trace'}",
        "{type: org.apache.kafka.connect.transforms.InsertField$Value, static.field: a, static.value: ''}",
        '{type: Flatten$Value}',
        '{type: Filter, predicate: isDraft, negate: true}',
      ],
      [
        'isDraft: {type: FieldMatches, field: status, pattern: draft}',
        "isMusic: {type: org.apache.kafka.connect.transforms.predicates.TopicNameMatches, pattern: '.*Music.*'}",
      ],
    );
    expect(parse(text)).toMatchObject({
      transforms: [
        { type: 'ReplaceField$Value', exclude: 'debug,trace', negate: false },
        { 'static.field': 'a', 'static.value': '' },
        { type: 'Flatten$Value', delimiter: '.' },
        { type: 'Filter', predicate: 'isDraft', negate: true },
      ],
      predicates: { isDraft: { pattern: 'draft' } },
      transformLines: [12, 13, 14, 15],
    });
  });

  test.each<[string, string]>([
    ['a mistyped name', '{type: RepalceField$Value, exclude: a}'],
    ['a name without $Value', '{type: ReplaceField, exclude: a}'],
    ['a mistyped class', '{type: org.apache.kafka.connect.transforms.Flaten$Value}'],
    ['a transform of keys', '{type: ReplaceField$Key, exclude: a}'],
    [
      'a transform of keys, by its class',
      '{type: org.apache.kafka.connect.transforms.MaskField$Key, fields: a}',
    ],
    ['a transform of topics with half a group', '{type: RegexRouter, regex: "(a", replacement: "$"}'],
    ['a transform of topics by times', "{type: TimestampRouter, topic.format: '${topic}'}"],
    ['a transform that makes keys', '{type: ValueToKey, fields: a}'],
    ['headers without fields', '{type: HeaderFrom$Value, fields: a, headers: "b,c", operation: move}'],
    ['a schema without a name', '{type: SetSchemaMetadata$Value}'],
    [
      'a type of times that items have not',
      '{type: TimestampConverter$Value, field: a, target.type: Timestamp}',
    ],
    [
      'a text of a time without its format',
      '{type: TimestampConverter$Value, field: a, target.type: string}',
    ],
    [
      'a pattern of weeks',
      '{type: TimestampConverter$Value, field: a, target.type: string, format: YYYY-ww}',
    ],
    ['an option of changes', '{type: ExtractNewItemState, add.fields: op}'],
    ['deletes that are dropped', '{type: ExtractNewItemState, delete.tombstone.handling.mode: drop}'],
    ['a script that is no module', '{type: Script, module: shape.js}'],
    ['an unknown syntax of fields', '{type: MaskField$Value, fields: a, field.syntax.version: V3}'],
    ['no name', '{exclude: a}'],
    ['a name that is none', '{type: xyzzy}'],
    ['a mistyped option', '{type: ReplaceField$Value, exlude: a}'],
    ['an option of another transform', '{type: MaskField$Value, fields: a, spec: b}'],
    ['no option', '{type: ReplaceField$Value}'],
    ['an option and its old name', '{type: ReplaceField$Value, exclude: a, blacklist: b}'],
    ['a missing option', '{type: InsertField$Value, static.field: a}'],
    [
      'an option that depends on the record',
      '{type: InsertField$Value, timestamp.field: at, static.field: a, static.value: b}',
    ],
    ['a list in place of a text', '{type: ReplaceField$Value, exclude: [a, b]}'],
    ['a name from a placeholder', "{type: '${env:SECRET}'}"],
    ['an empty name', "{type: ReplaceField$Value, exclude: 'a,,b'}"],
    ['a backtick without its end', "{type: ReplaceField$Value, exclude: '`a'}"],
    ['a rename without its name', "{type: ReplaceField$Value, renames: 'a'}"],
    ['a rename to a path', "{type: ReplaceField$Value, renames: 'a:b.c'}"],
    ['a rename of an element', "{type: ReplaceField$Value, renames: 'a[0]:b'}"],
    ['two renames of one field', "{type: ReplaceField$Value, renames: 'a:b,`a`:c'}"],
    ['a cast to an unknown type', "{type: Cast$Value, spec: 'a:int'}"],
    ['a cast of the whole item', '{type: Cast$Value, spec: string}'],
    ['an insert into a list', '{type: InsertField$Value, "static.field": "a[0]", static.value: b}'],
    ['a filter of everything', '{type: Filter}'],
    ['negate without a predicate', '{type: Flatten$Value, negate: true}'],
    ['a predicate that is not there', '{type: Flatten$Value, predicate: isDraft}'],
  ])('%s is refused', (_, entry) => {
    expect(problems([entry])).toMatchSnapshot();
  });

  test('each is told by its own line', () => {
    expect(
      problems(['{type: Flatten$Value}', '{type: Flaten$Value}', '{type: Cast$Value, spec: 1}']),
    ).toMatchInlineSnapshot(`
      [
        "13:12 transforms[1].type: is "Flaten$Value" | Did you mean "Flatten$Value"? One of ReplaceField$Value, InsertField$Value, MaskField$Value, Cast$Value, Flatten$Value, HoistField$Value, ExtractField$Value, TimestampConverter$Value, Filter, HeaderFrom$Value, InsertHeader, DropHeaders, SetSchemaMetadata$Value, SetSchemaMetadata$Key, RegexRouter, ExtractNewItemState, Script.",
        "14:30 transforms[2].spec: must be text, not 1 | Put the value into quotes.",
      ]
    `);
  });
});

describe('predicates of a migration file', () => {
  const used = ['{type: Flatten$Value, predicate: isDraft}'];
  test.each<[string, readonly string[], readonly string[]]>([
    ['a mistyped name', used, ['isDraft: {type: HasFeild, field: a}']],
    ['a mistyped option', used, ['isDraft: {type: HasField, feild: a}']],
    ['no regular expression', used, ["isDraft: {type: FieldMatches, field: a, pattern: '(a'}"]],
    ['a mistyped reference', used, ['isDrafts: {type: HasField, field: a}']],
    [
      'a filter of deletes',
      ['{type: Filter, predicate: isGone}'],
      ['isGone: {type: org.apache.kafka.connect.transforms.predicates.RecordIsTombstone}'],
    ],
  ])('%s is refused', (_, transforms, predicates) => {
    expect(problems(transforms, predicates)).toMatchSnapshot();
  });

  test('by deletes may stand before another transform', () => {
    expect(
      problems(['{type: Flatten$Value, predicate: p, negate: true}'], ['p: {type: RecordIsTombstone}']),
    ).toEqual([]);
  });
});
