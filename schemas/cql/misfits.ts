import { BRANCH, type TypeTag } from '../attribute-types.ts';
import { Misfit } from './value-codec.ts';

/** An attribute of a type that never becomes this CQL type. */
class WrongKind extends Misfit {
  readonly kind: TypeTag;
  readonly wanted: string;

  constructor(kind: TypeTag, wanted: string) {
    super(`is ${kind}, the column ${wanted}`);
    this.kind = kind;
    this.wanted = wanted;
  }
}

/** What to answer for a value of the wrong type, at the index of its branch in Avro. One object each: they are counted by text. */
export function wrongKinds(wanted: string): readonly Misfit[] {
  return (Object.keys(BRANCH) as TypeTag[]).map((kind) => new WrongKind(kind, wanted));
}

/** Says where inside a value something does not fit, with one answer for each cause. */
export class Inside {
  private readonly place: string;
  private readonly made = new Map<Misfit, Misfit>();

  /** @param place such as `an element`, `the field "city"` */
  constructor(place: string) {
    this.place = place;
  }

  of(cause: Misfit): Misfit {
    let misfit = this.made.get(cause);
    if (misfit === undefined) {
      const what = cause instanceof WrongKind ? `is ${cause.kind}, not ${cause.wanted}` : cause.reason;
      misfit = new Misfit(`holds ${this.place} that ${what}`);
      this.made.set(cause, misfit);
    }
    return misfit;
  }
}
