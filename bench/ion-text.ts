import type { JsonItem } from './shapes.ts';

/** An item as DynamoDB writes it in an Ion export: decimals with a point, zeros at their end in the exponent. */
export function ionOf(item: JsonItem): string {
  const fields = Object.entries(item).map(([name, value]) => `${name}:${valueText(value)}`);
  return `{${fields.join(',')}}`;
}

function valueText(value: JsonItem[string]): string {
  const [[type, inner]] = Object.entries(value) as [[string, unknown]];
  switch (type) {
    case 'S':
      return JSON.stringify(inner);
    case 'N':
      return numberOf(String(inner));
    case 'B':
      return `{{${inner}}}`;
    case 'M':
      return ionOf(inner as JsonItem);
    case 'L':
      return `[${(inner as JsonItem[string][]).map(valueText).join(',')}]`;
    case 'SS':
      return `$dynamodb_SS::[${(inner as string[]).map((text) => JSON.stringify(text)).join(',')}]`;
    case 'NS':
      return `$dynamodb_NS::[${(inner as string[]).map(numberOf).join(',')}]`;
    case 'NULL':
      return 'null';
    default:
      return String(inner);
  }
}

function numberOf(text: string): string {
  if (text.includes('.')) return text;
  const zeros = /[1-9](0+)$/.exec(text)?.[1]?.length ?? 0;
  return zeros === 0 ? `${text}.` : `${text.slice(0, -zeros)}d${zeros}`;
}
