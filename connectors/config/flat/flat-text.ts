import { alternatives, type Shape } from '../shape.ts';

/** What a text means as a value of some shape: the value, or what is wrong with the text. */
export type TextReading = { readonly value: unknown } | { readonly fault: string };

/** Whether values of a shape are plain: text, number, or true and false. */
export const isScalar = (shape: Shape): boolean =>
  shape.type !== 'array' && shape.type !== 'object' && alternatives(shape).every(isScalar);

/** Reads the text of a key as Kafka does (ConfigDef.parseType): blanks around numbers, words and lists do not count. */
export function readText(text: string, shape: Shape): TextReading {
  const branches = alternatives(shape);
  if (branches.length > 0) return ofAny(text, branches);
  switch (shape.type) {
    case 'boolean':
      return ofBoolean(text.trim().toLowerCase());
    case 'integer':
      return ofInteger(text.trim(), (shape.maximum ?? Infinity) <= 2_147_483_647 ? 'INT' : 'LONG');
    case 'number':
      return ofNumber(text.trim());
    case 'array':
      return isScalar(shape.items ?? {}) ? ofList(text.trim(), shape.items ?? {}) : ofJson(text, 'a list');
    case 'object':
      return ofJson(text, 'an object');
    default:
      // Words to choose from; other texts may begin or end with blanks.
      return { value: shape.enum === undefined ? text : text.trim() };
  }
}

function ofBoolean(text: string): TextReading {
  if (text === 'true' || text === 'false') return { value: text === 'true' };
  return { fault: 'Expected value to be either true or false' };
}

function ofInteger(text: string, type: 'INT' | 'LONG'): TextReading {
  const value = Number(text);
  if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(value)) return { value };
  return { fault: `Not a number of type ${type}` };
}

function ofNumber(text: string): TextReading {
  const value = Number(text);
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) && Number.isFinite(value)) return { value };
  return { fault: 'Not a number of type DOUBLE' };
}

/** Elements with commas between; or JSON text, for elements that hold commas. `[::1]:9042` is no JSON, and so an element. */
function ofList(text: string, items: Shape): TextReading {
  if (text === '') return { value: [] };
  const elements = jsonTexts(text) ?? text.split(/\s*,\s*/);
  const values: unknown[] = [];
  for (const element of elements) {
    const read = readText(element, items);
    if ('fault' in read) return read;
    values.push(read.value);
  }
  return { value: values };
}

function jsonTexts(text: string): readonly string[] | null {
  if (!text.startsWith('[')) return null;
  try {
    const value: unknown = JSON.parse(text);
    const isPlain = Array.isArray(value) && value.every((one) => one !== null && typeof one !== 'object');
    return isPlain ? value.map(String) : null;
  } catch {
    return null;
  }
}

function ofJson(text: string, what: 'a list' | 'an object'): TextReading {
  if (what === 'a list' && text.trim() === '') return { value: [] };
  try {
    const value: unknown = JSON.parse(text);
    const isRight =
      typeof value === 'object' && value !== null && Array.isArray(value) === (what === 'a list');
    if (isRight) return { value };
  } catch {
    // Said below, without the parser's words: they would hold a piece of the text.
  }
  return { fault: `Must be ${what} as JSON text` };
}

/** A value of one of several shapes: the narrow ones are tried before text, which takes anything. */
function ofAny(text: string, branches: readonly Shape[]): TextReading {
  const narrow = branches.filter(({ type }) => type !== 'string' && type !== 'null');
  for (const branch of narrow) {
    const read = readText(text, branch);
    if ('value' in read) return read;
  }
  return { value: text };
}

/** The text that {@link readText} reads as this value. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return textOfList(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function textOfList(values: readonly unknown[]): string {
  const elements = values.map(String);
  const isPlain = values.every((one) => one !== null && typeof one !== 'object');
  const text = elements.join(',');
  const standsAlone = (element: string) =>
    element !== '' && element === element.trim() && !element.includes(',');
  return isPlain && elements.every(standsAlone) && jsonTexts(text) === null ? text : JSON.stringify(values);
}
