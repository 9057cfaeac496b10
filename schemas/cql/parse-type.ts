import { quoted } from './identifiers.ts';
import type { CqlType } from './type.ts';
import { nativeName, refusal, remedyFor } from './type-names.ts';

export type UdtType = CqlType & { readonly kind: 'udt' };

/** What is wrong with the text of a CQL type: a clause that follows the column's name or the text itself. */
export class TypeSyntaxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TypeSyntaxError';
  }
}

const TOKEN = /\s*(?:([A-Za-z][A-Za-z0-9_]*)|"((?:[^"]|"")+)"|('[^']*')|([<>,]))/y;
/** Far more than any type has; what nests deeper is no type. */
const NESTING_MAX = 32;

/**
 * Reads a CQL type as CREATE TABLE takes it, or as a server prints it.
 *
 * Names are of any case; `varchar` is `text`; a user-defined type whose name has capitals is quoted. What stands in
 * `frozen<…>` or in a tuple is frozen through and through.
 *
 * @param udts by their names as they are, unquoted
 * @throws TypeSyntaxError
 */
export function parseCqlType(text: string, udts: ReadonlyMap<string, UdtType>): CqlType {
  return new TypeParser(text, udts).parse();
}

type Token = { readonly word: string; readonly quoted: boolean } | { readonly sign: string } | null;

class TypeParser {
  readonly #text: string;
  readonly #udts: ReadonlyMap<string, UdtType>;
  #at = 0;
  #depth = 0;
  /** How many types around the present one freeze what is inside them. */
  #freezing = 0;
  #token: Token = null;

  constructor(text: string, udts: ReadonlyMap<string, UdtType>) {
    this.#text = text.trimEnd();
    this.#udts = udts;
  }

  parse(): CqlType {
    this.#next();
    const type = this.#type();
    if (this.#token !== null) throw new TypeSyntaxError('has something behind its end');
    if (type.kind === 'udt' && !type.frozen) checkFields(type);
    return type;
  }

  #next(): void {
    if (this.#at === this.#text.length) {
      this.#token = null;
      return;
    }
    TOKEN.lastIndex = this.#at;
    const found = TOKEN.exec(this.#text);
    if (found === null) throw new TypeSyntaxError('holds a character that no type has');
    this.#at = TOKEN.lastIndex;
    if (found[3] !== undefined)
      throw new TypeSyntaxError('is a class of the server; no attribute becomes one');
    if (found[4] !== undefined) this.#token = { sign: found[4] };
    else if (found[2] !== undefined) this.#token = { word: found[2].replaceAll('""', '"'), quoted: true };
    else this.#token = { word: found[1]!, quoted: false };
  }

  #type(): CqlType {
    const token = this.#token;
    if (token === null || !('word' in token)) throw new TypeSyntaxError('is no CQL type: a name is missing');
    if (++this.#depth > NESTING_MAX)
      throw new TypeSyntaxError(`is nested more than ${NESTING_MAX} levels deep`);
    this.#next();
    const type = token.quoted ? this.#udt(token.word, true) : this.#named(token.word);
    this.#depth--;
    return type;
  }

  #named(word: string): CqlType {
    const name = word.toLowerCase();
    switch (name) {
      case 'frozen':
        return this.#frozen();
      case 'list':
      case 'set':
        return { kind: name, frozen: false, element: this.#nested(this.#parameters(name, 1)[0]!) };
      case 'map': {
        const [key, value] = this.#parameters(name, 2).map((type) => this.#nested(type));
        return { kind: 'map', frozen: false, key: key!, value: value! };
      }
      case 'tuple':
        return { kind: 'tuple', elements: this.#freezes(name, null) };
      default:
        return this.#leaf(name, word);
    }
  }

  #leaf(name: string, word: string): CqlType {
    const why = refusal(name);
    if (why !== null) throw new TypeSyntaxError(this.#about(word, `refused: ${why}`));
    const native = nativeName(name);
    if (native !== null) return { kind: 'native', name: native };
    return this.#udt(name, false, word);
  }

  #frozen(): CqlType {
    const inner = this.#freezes('frozen', 1)[0]!;
    if (inner.kind === 'native') {
      throw new TypeSyntaxError(
        `holds frozen<${inner.name}>: only collections, tuples and user-defined types can be frozen`,
      );
    }
    return inner;
  }

  #freezes(of: string, count: number | null): CqlType[] {
    this.#freezing++;
    const types = this.#parameters(of, count).map(frozenThrough);
    this.#freezing--;
    return types;
  }

  /** A type inside a collection. */
  #nested(type: CqlType): CqlType {
    if (type.kind === 'native' || type.kind === 'tuple' || type.frozen || this.#freezing > 0) return type;
    throw new TypeSyntaxError(
      `holds ${typeText(type)}, which must be frozen there: only frozen collections can be nested`,
    );
  }

  /** @param count null: at least one */
  #parameters(of: string, count: number | null): CqlType[] {
    const takes = `${of}<…>, which takes ${count === 1 ? 'one type' : count === 2 ? 'two types' : 'types'}`;
    const types: CqlType[] = [];
    if (!this.#isSign('<')) throw new TypeSyntaxError(`names ${takes} in angle brackets`);
    do {
      this.#next();
      types.push(this.#type());
    } while (this.#isSign(','));
    if (!this.#isSign('>')) throw new TypeSyntaxError('has an angle bracket that is not closed');
    this.#next();
    if (count !== null && types.length !== count)
      throw new TypeSyntaxError(`holds ${takes}, not ${types.length}`);
    return types;
  }

  #isSign(sign: string): boolean {
    return this.#token !== null && 'sign' in this.#token && this.#token.sign === sign;
  }

  #udt(name: string, isQuoted: boolean, word = name): CqlType {
    const type = this.#udts.get(name);
    if (type !== undefined) return type;
    const claim = this.#about(isQuoted ? quoted(name) : word, 'no CQL type');
    throw new TypeSyntaxError(`${claim}; ${remedyFor(name, isQuoted, [...this.#udts.keys()])}`);
  }

  /** How a clause about one name begins. */
  #about(name: string, claim: string): string {
    return this.#text.trim() === name ? `is ${claim}` : `holds ${name}, which is ${claim}`;
  }
}

/** Servers take a user-defined type that is not frozen only if all in its fields is. */
function checkFields(type: UdtType): void {
  const loose = type.fields.find(({ type: of }) => of.kind !== 'native' && of.kind !== 'tuple' && !of.frozen);
  if (loose === undefined) return;
  throw new TypeSyntaxError(
    `has a field ${quoted(loose.name)} that is not frozen, which only frozen<${typeText(type)}> can have`,
  );
}

function frozenThrough(type: CqlType): CqlType {
  switch (type.kind) {
    case 'native':
      return type;
    case 'list':
    case 'set':
      return { ...type, frozen: true, element: frozenThrough(type.element) };
    case 'map':
      return { ...type, frozen: true, key: frozenThrough(type.key), value: frozenThrough(type.value) };
    case 'tuple':
      return { ...type, elements: type.elements.map(frozenThrough) };
    default:
      return {
        ...type,
        frozen: true,
        fields: type.fields.map((field) => ({ ...field, type: frozenThrough(field.type) })),
      };
  }
}

/** The one text of a type: equal texts are equal types, but for what user-defined types of one name consist of. */
export function typeText(type: CqlType): string {
  switch (type.kind) {
    case 'native':
      return type.name;
    case 'list':
    case 'set':
      return frozenText(type.frozen, `${type.kind}<${typeText(type.element)}>`);
    case 'map':
      return frozenText(type.frozen, `map<${typeText(type.key)}, ${typeText(type.value)}>`);
    case 'tuple':
      return frozenText(true, `tuple<${type.elements.map(typeText).join(', ')}>`);
    default:
      return frozenText(type.frozen, quoted(type.name));
  }
}

function frozenText(frozen: boolean, text: string): string {
  return frozen ? `frozen<${text}>` : text;
}
