import type { Attributes, AttributeValue } from '../../../schemas/values.ts';
import { generator } from '../../conformance/arbitraries.ts';

/**
 * Text Ion as an exporter may write it, by the specification and nothing of ours.
 *
 * Without a seed: as DynamoDB does, shortest spelling, numbers as decimals with their zeros in the exponent. With one: any
 * spelling that the specification has for the same item, on one line.
 */
export class IonWriter {
  readonly #random: ((below: number) => number) | null;

  constructor(seed?: number) {
    this.#random = seed === undefined ? null : generator(seed);
  }

  /** A line of a full export. */
  itemLine(item: Attributes): string {
    return this.#line([['Item', this.#struct(item)]]);
  }

  /** A line of an incremental export; the new image is absent after a delete. */
  windowLine(keys: Attributes, newImage: Attributes | null, oldImage: Attributes | null): string {
    const times = [
      '1718001234567890',
      '"1718001234567890"',
      '{N:1718001234567890.}',
      '2024-06-10T06:33:54.567890Z',
    ];
    const time = this.#pick('1718001234567890.', ...times);
    const members: [string, string][] = [
      ['Metadata', `{WriteTimestampMicros:${time}}`],
      ['Keys', this.#struct(keys)],
    ];
    if (oldImage) members.push(['OldImage', this.#struct(oldImage)]);
    if (newImage) members.push(['NewImage', this.#struct(newImage)]);
    else if (this.#random) members.push(['NewImage', this.#pick('null', 'null.struct', '{}')]);
    return this.#line(members);
  }

  #line(members: readonly (readonly [string, string])[]): string {
    const marker = this.#pick('$ion_1_0 ', '$ion_1_0', '', ' \t$ion_1_0 $ion_1_0 /* $ion_1_1 */');
    return `${marker}${this.#fields(members)}${this.#pick('', ' ', '// the end', '\r')}`;
  }

  #pick(first: string, ...others: string[]): string {
    const n = this.#random?.(others.length + 1) ?? 0;
    return n === 0 ? first : others[n - 1]!;
  }

  #space(): string {
    return this.#pick('', '', '', ' ', '\t', '\v\f', '\r', '/**/', "/* } \" ''' // */", '// , }\r');
  }

  #fields(members: readonly (readonly [string, string])[]): string {
    const s = () => this.#space();
    const fields = members.map(([name, value]) => `${this.#name(name)}${s()}:${s()}${value}`);
    return `{${s()}${this.#joined(fields)}${s()}}`;
  }

  #joined(elements: readonly string[]): string {
    const all = elements.join(`${this.#space()},${this.#space()}`);
    return elements.length === 0 ? all : all + this.#pick('', '', `${this.#space()},`);
  }

  #struct(attributes: Attributes): string {
    return this.#fields([...attributes].map(([name, value]) => [name, this.#value(value)] as const));
  }

  #list(elements: readonly string[]): string {
    return `[${this.#space()}${this.#joined(elements)}${this.#space()}]`;
  }

  #set(type: string, elements: readonly string[]): string {
    const colons = `${this.#space()}::${this.#space()}`;
    return this.#pick(type, `'${type}'`, `'\\x24${type.slice(1)}'`) + colons + this.#list(elements);
  }

  #value(value: AttributeValue): string {
    if ('S' in value) return this.#string(value.S);
    if ('N' in value) return this.#number(value.N);
    if ('B' in value) return this.#blob(value.B);
    if ('BOOL' in value) return String(value.BOOL);
    if ('NULL' in value) return this.#pick('null', 'null.null', 'null.string', 'null.list');
    if ('M' in value) return this.#struct(value.M);
    if ('L' in value) return this.#list(value.L.map((element) => this.#value(element)));
    if ('SS' in value) {
      const elements = value.SS.map((element) => this.#string(element));
      return this.#set('$dynamodb_SS', elements);
    }
    if ('NS' in value) {
      const elements = value.NS.map((element) => this.#number(element));
      return this.#set('$dynamodb_NS', elements);
    }
    const elements = value.BS.map((element) => this.#blob(element));
    return this.#set('$dynamodb_BS', elements);
  }

  #name(name: string): string {
    const quoted = `'${this.#text(name, "'")}'`;
    const plain = /^[$_a-zA-Z][$_a-zA-Z0-9]*$/.test(name) && !/^(true|false|null|nan|\$[0-9]+)$/.test(name);
    return this.#pick(plain ? name : quoted, quoted, `"${this.#text(name, '"')}"`, this.#longString(name));
  }

  #string(text: string): string {
    return this.#pick(`"${this.#text(text, '"')}"`, this.#longString(text));
  }

  #longString(text: string): string {
    const points = [...text];
    const cut = this.#random?.(points.length + 1) ?? 0;
    const parts = [points.slice(0, cut).join(''), points.slice(cut).join('')];
    return parts.map((part) => `'''${this.#text(part, "'")}'''`).join(this.#space());
  }

  #text(text: string, quote: string): string {
    return [...text].map((c) => this.#character(c, quote)).join('');
  }

  #character(c: string, quote: string): string {
    const point = c.codePointAt(0)!;
    const hex = (digits: number) => point.toString(16).padStart(digits, '0');
    const named = NAMED_ESCAPES.get(c);
    const mustEscape = point < 0x20 || c === '\\' || c === quote;
    if (!mustEscape && !this.#random) return c;
    const spellings = mustEscape ? [] : [c, c, c, c, c];
    if (named !== undefined) spellings.push(`\\${named}`);
    if (point < 0x100) spellings.push(`\\x${hex(2)}`);
    if (c.length === 1) spellings.push(`\\u${hex(4)}`);
    else if (this.#random) spellings.push([0, 1].map((i) => `\\u${c.charCodeAt(i).toString(16)}`).join(''));
    spellings.push(`\\U${hex(8).toUpperCase()}`);
    return this.#pick(spellings[0]!, ...spellings.slice(1));
  }

  #number(number: string): string {
    const [, sign, whole, fraction] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(number)!;
    const zeros = /0*$/.exec(whole!)![0].length;
    const plain = fraction === undefined ? `${number}.` : number;
    const short = whole!.slice(0, whole!.length - zeros);
    const asDynamoDb =
      fraction !== undefined || zeros === 0 || short === '' ? plain : `${sign}${short}d${zeros}`;
    const digits = (whole === '0' ? '' : whole) + (fraction ?? '');
    const scaled = `${sign}${digits.replace(/^0+/, '') || '0'}D-${fraction?.length ?? 0}`;
    const underscores = plain.replace(/(\d)(?=\d)/g, (d) => this.#pick(d, `${d}_`));
    const ints = fraction === undefined ? [number, `${sign}0x${BigInt(whole!).toString(16)}`] : [plain];
    return this.#pick(asDynamoDb, plain, scaled, underscores, `${plain}d+0`, ...ints);
  }

  #blob(bytes: Uint8Array): string {
    const base64 = Buffer.from(bytes).toString('base64');
    const spaced = this.#random
      ? [...base64].map((c) => c + this.#pick('', '', '', ' ', '\t')).join('')
      : base64;
    return `{{${this.#pick('', ' ')}${spaced}}}`;
  }
}

const NAMED_ESCAPES = new Map([
  ['\0', '0'],
  ['\u0007', 'a'],
  ['\b', 'b'],
  ['\t', 't'],
  ['\n', 'n'],
  ['\f', 'f'],
  ['\r', 'r'],
  ['\v', 'v'],
  ['"', '"'],
  ["'", "'"],
  ['?', '?'],
  ['\\', '\\'],
  ['/', '/'],
]);
