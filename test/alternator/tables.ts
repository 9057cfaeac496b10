import type { Answer } from './answers.ts';
import { isObject, type JsonObject, listAt, objectAt, textAt } from './json.ts';
import type { Caller, Upstream } from './upstream.ts';

/** What the proxy knows of a table: its key, and the tags it keeps for it. */
export interface Table {
  readonly name: string;
  /** Names of the key attributes, partition key first. */
  readonly key: readonly string[];
  readonly tags: Map<string, string>;
}

export interface Tables {
  /** The table, or the store's refusal when there is none. */
  find(caller: Caller, name: string): Promise<Table | Answer>;
  tagsOf(caller: Caller, name: string): Map<string, string>;
  forget(caller: Caller, name: string): void;
}

export function tablesOf(upstream: Upstream): Tables {
  const keys = new Map<string, readonly string[]>();
  const tags = new Map<string, Map<string, string>>();
  const idOf = (caller: Caller, name: string) => `${caller.database}/${name}`;
  const tagsOf = (caller: Caller, name: string) => {
    const id = idOf(caller, name);
    const kept = tags.get(id) ?? new Map<string, string>();
    tags.set(id, kept);
    return kept;
  };
  const find = async (caller: Caller, name: string): Promise<Table | Answer> => {
    const known = keys.get(idOf(caller, name));
    if (known !== undefined) return { name, key: known, tags: tagsOf(caller, name) };
    const answer = await upstream.send(caller, 'DescribeTable', { TableName: name });
    if (answer.status !== 200) return answer;
    const schema = listAt(objectAt(answer.body, 'Table'), 'KeySchema');
    const hashFirst = schema.toSorted((a) => (a['KeyType'] === 'HASH' ? -1 : 1));
    keys.set(
      idOf(caller, name),
      hashFirst.map((attribute) => textAt(attribute, 'AttributeName')),
    );
    return find(caller, name);
  };
  const forget = (caller: Caller, name: string) => {
    keys.delete(idOf(caller, name));
    tags.delete(idOf(caller, name));
  };
  return { find, tagsOf, forget };
}

/** One text for all ways to write a key: `1`, `1.0` and `1e0` are the same item. */
export function keyText(caller: Caller, table: Table, attributes: JsonObject): string {
  const values = table.key.map((name) => {
    const value = attributes[name];
    if (!isObject(value)) return null;
    const number = value['N'];
    return typeof number === 'string' ? { N: plainNumber(number) } : value;
  });
  return `${caller.database}/${table.name}/${JSON.stringify(values)}`;
}

/** Sign, digits without zeros around them, and the power of ten of the last one. */
function plainNumber(text: string): string {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text.trim());
  if (match === null) return text;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign === '-' ? '-' : ''}${significant}e${power}`;
}
