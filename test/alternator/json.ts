/** A JSON object of a request or an answer, looked at only where the proxy has to. */
export type JsonObject = { [name: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object under a name; an empty one when there is none. */
export function objectAt(owner: JsonObject, name: string): JsonObject {
  const value = owner[name];
  return isObject(value) ? value : {};
}

/** The objects of the list under a name; none when there is no list. */
export function listAt(owner: JsonObject, name: string): JsonObject[] {
  const value = owner[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function textAt(owner: JsonObject, name: string): string {
  const value = owner[name];
  return typeof value === 'string' ? value : '';
}
