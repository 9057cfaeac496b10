import type { DescribedKey, Description } from './describe-keys.ts';

/** How a plugin's keys are written in a configuration. */
const usage: Readonly<Record<Description['type'], string>> = {
  source: 'connector.class=CLASS, and of its keys:',
  sink: 'connector.class=CLASS, and of its keys:',
  transformation:
    'transforms=NAME and transforms.NAME.type=CLASS; its keys, and predicate and negate, follow transforms.NAME.',
  predicate: 'predicates=NAME and predicates.NAME.type=CLASS; its keys follow predicates.NAME.',
  converter: 'value.converter=CLASS; its keys follow value.converter.',
  header_converter: 'header.converter=CLASS; its keys follow header.converter.',
};

/** A plugin and its keys, group by group, for people. */
export function descriptionText({ class: name, type, summary, keys }: Description): string {
  const head = [
    `${name} (${type})`,
    ...(summary === '' ? [] : [summary]),
    usage[type].replace('CLASS', name),
  ];
  if (keys.length === 0) return [...head, '', 'It has no keys.'].join('\n');
  const groups = [...new Set(keys.map(({ group }) => group))];
  const blocks = groups.flatMap((group) => [
    '',
    ...(group === null ? [] : [group]),
    ...keys.filter((key) => key.group === group).flatMap(keyLines),
  ]);
  return [...head, ...blocks].join('\n');
}

function keyLines({ name, type, required, default: fallback, values, description }: DescribedKey): string[] {
  const facts = [
    type,
    required ? 'required' : fallback === null || fallback === '' ? 'no default' : `default ${fallback}`,
    ...(values.length === 0 || type === 'BOOLEAN' ? [] : [`one of ${values.join(', ')}`]),
  ];
  return [`  ${name}: ${facts.join('; ')}`, `      ${description}`];
}
