import type { Attributes, AttributeValue } from '../../../schemas/values.ts';
import { generator } from '../../conformance/arbitraries.ts';

/**
 * DynamoDB JSON by the shortest road, independent of the code under test. With a seed, the same JSON as another program might
 * write it: whitespace anywhere, any character escaped.
 */
export function toJson(attributes: Attributes, seed?: number): string {
  const random = seed === undefined ? () => 0 : generator(seed);
  const space = () => (seed === undefined ? '' : ['', '', ' ', '\n', '\t \r'][random(5)]!);
  const quote = (text: string) => {
    if (seed === undefined) return JSON.stringify(text);
    const unit = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
    const parts = [...text].map((c) => {
      if (random(4) === 0) return [...Array(c.length).keys()].map((i) => unit(c[i]!)).join('');
      return c === '/' && random(2) === 0 ? '\\/' : JSON.stringify(c).slice(1, -1);
    });
    return `"${parts.join('')}"`;
  };
  const list = (elements: readonly string[]) =>
    `[${space()}${elements.join(`${space()},${space()}`)}${space()}]`;
  const object = (members: readonly (readonly [string, string])[]) => {
    const texts = members.map(([name, value]) => `${quote(name)}${space()}:${space()}${value}`);
    return `{${space()}${texts.join(`${space()},${space()}`)}${space()}}`;
  };
  const base64 = (bytes: Uint8Array) => quote(Buffer.from(bytes).toString('base64'));
  const map = (entries: Attributes): string =>
    object([...entries].map(([name, v]) => [name, value(v)] as const));
  const value = (v: AttributeValue): string => {
    if ('S' in v) return object([['S', quote(v.S)]]);
    if ('N' in v) return object([['N', quote(v.N)]]);
    if ('B' in v) return object([['B', base64(v.B)]]);
    if ('BOOL' in v) return object([['BOOL', String(v.BOOL)]]);
    if ('NULL' in v) return object([['NULL', 'true']]);
    if ('M' in v) return object([['M', map(v.M)]]);
    if ('L' in v) return object([['L', list(v.L.map(value))]]);
    if ('SS' in v) return object([['SS', list(v.SS.map(quote))]]);
    if ('NS' in v) return object([['NS', list(v.NS.map(quote))]]);
    return object([['BS', list(v.BS.map(base64))]]);
  };
  return space() + map(attributes);
}

/** The same item as another program's Avro library may write it: several blocks, sizes, varints longer than needed. */
export function toForeignAvro(attributes: Attributes, seed: number): Buffer {
  const random = generator(seed);
  const long = (n: number): Buffer => {
    const bytes: number[] = [];
    let rest = n >= 0 ? n * 2 : -n * 2 - 1;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
    bytes.push(rest);
    for (let pad = random(3); pad > 0; pad--) {
      bytes[bytes.length - 1]! |= 128;
      bytes.push(0);
    }
    return Buffer.from(bytes);
  };
  const sized = (content: Uint8Array) => Buffer.concat([long(content.length), content]);
  const text = (s: string) => sized(Buffer.from(s));
  const blocks = (elements: readonly Buffer[]): Buffer => {
    const parts: Buffer[] = [];
    for (let i = 0; i < elements.length; ) {
      const count = 1 + random(elements.length - i);
      const content = Buffer.concat(elements.slice(i, i + count));
      parts.push(
        random(2) === 0 ? long(count) : Buffer.concat([long(-count), long(content.length)]),
        content,
      );
      i += count;
    }
    return Buffer.concat([...parts, long(0)]);
  };
  const map = (entries: Attributes): Buffer =>
    blocks([...entries].map(([name, v]) => Buffer.concat([text(name), value(v)])));
  const value = (v: AttributeValue): Buffer => {
    const branch = ['S', 'N', 'B', 'BOOL', 'NULL', 'M', 'L', 'SS', 'NS', 'BS'].indexOf(Object.keys(v)[0]!);
    return Buffer.concat([long(branch), content(v)]);
  };
  const content = (v: AttributeValue): Buffer => {
    if ('S' in v) return text(v.S);
    if ('N' in v) return text(v.N);
    if ('B' in v) return sized(v.B);
    if ('BOOL' in v) return Buffer.from([v.BOOL ? 1 : 0]);
    if ('NULL' in v) return Buffer.alloc(0);
    if ('M' in v) return map(v.M);
    if ('L' in v) return blocks(v.L.map(value));
    if ('SS' in v) return blocks(v.SS.map(text));
    if ('NS' in v) return blocks(v.NS.map(text));
    return blocks(v.BS.map(sized));
  };
  return map(attributes);
}
