import { RequestError } from '../worker/herder.ts';

/** A configuration as it was sent. Null: the key was there, with a null. */
export type SentConfig = Readonly<Record<string, string | null>>;

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a body that has to be a JSON object.
 *
 * Throws 400 (Kafka Connect answers 500). What the parser says is not told: it quotes the body, which may hold secrets.
 */
export function objectBody(text: string): JsonObject {
  if (text.trim() === '') throw new RequestError(400, 'The body is missing: it has to be a JSON object');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const place = error instanceof Error ? /at position \d+/.exec(error.message)?.[0] : undefined;
    throw new RequestError(400, `The body is not valid JSON${place === undefined ? '' : ` (${place})`}`);
  }
  if (!isObject(value)) throw new RequestError(400, `The body has to be a JSON object, not ${kindOf(value)}`);
  return value;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Throws 400 for a field that nobody would read: most likely it is misspelt. */
export function refuseOtherFields(body: JsonObject, known: readonly string[]): void {
  const other = Object.keys(body).find((field) => !known.includes(field));
  if (other === undefined) return;
  const names = known.map((field) => `"${field}"`).join(', ');
  throw new RequestError(400, `Unrecognized field "${other}" (${known.length} known properties: ${names})`);
}

/** Reads a body that is a configuration, or holds one at `config`; numbers keep the digits they were written with. */
export const configText = (text: string): JsonObject => {
  // First as it is: a text that only becomes JSON by what we do to it is refused.
  objectBody(text);
  return objectBody(numbersAsTexts(text));
};

/** Texts as they are, numbers and booleans as texts (Jackson reads them so into a map of texts), nulls as nulls. */
export function sentConfig(value: unknown): SentConfig {
  if (!isObject(value))
    throw new RequestError(400, `The config has to be a JSON object, not ${kindOf(value)}`);
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, sentValue(key, of)]));
}

function sentValue(key: string, value: unknown): string | null {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new RequestError(
    400,
    `Invalid value for configuration ${key}: it has to be a text, not ${kindOf(value)}; write it as text`,
  );
}

/** A text, or a number outside texts: those are quoted. */
const textOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

const numbersAsTexts = (json: string): string =>
  json.replaceAll(textOrNumber, (token) => (token.startsWith('"') ? token : `"${token}"`));

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
