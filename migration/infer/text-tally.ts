import { codecOf, defaultRules } from '../../schemas/cql/codec-of.ts';
import type { NativeTypeName } from '../../schemas/cql/type.ts';
import { Misfit, type ValueCodec } from '../../schemas/cql/value-codec.ts';

/** Types that a text may be meant as. None is proposed: a form that a type cannot keep, such as letter case, would be lost. */
const CANDIDATES = [
  'timeuuid',
  'uuid',
  'timestamp',
  'date',
  'time',
  'inet',
] as const satisfies NativeTypeName[];

export type TextCandidate = (typeof CANDIDATES)[number];

const codecs: readonly (readonly [TextCandidate, ValueCodec])[] = CANDIDATES.map((name) => [
  name,
  codecOf({ kind: 'native', name }, defaultRules),
]);

/** No text of a candidate is longer; longer ones need no look. */
const CANDIDATE_CHARS_MAX = 64;

/** What the texts that were seen could all be; of constant size. */
export class TextTally {
  #left = codecs;

  add(text: string): void {
    if (this.#left.length === 0) return;
    if (text.length > CANDIDATE_CHARS_MAX) this.#left = [];
    else this.#left = this.#left.filter(([, codec]) => !(codec.encode({ S: text }) instanceof Misfit));
  }

  /** The narrowest type that every text fits; null: none. Means nothing before there was a text. */
  get candidate(): TextCandidate | null {
    return this.#left[0]?.[0] ?? null;
  }
}
