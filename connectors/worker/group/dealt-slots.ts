import type { ConnectorType } from '../../connector-state.ts';
import { assignUnits, type Unit } from '../../kafka/assignor.ts';
import type { KnownMember } from '../../kafka/membership.ts';
import { simpleName } from '../../plugins.ts';
import { type SlotPart, slotUnits } from '../../runtime/slot-units.ts';
import { isAbout } from './peers.ts';
import type { SlotContents } from './share.ts';

/** Classes of one kind that a member has, by {@link simpleName}; null: it says nothing of itself, and may have any. */
type Known = ReadonlyMap<string, ReadonlySet<string> | null>;

/**
 * The slots of a worker group as they are dealt out among its members: those that hold something, and the others, each spread
 * evenly among themselves.
 *
 * A slot goes to a member that has the classes of all that stands in it, because nothing of another one can run there. Where no
 * member has all of them, it is dealt out in parts.
 *
 * @param topics the slots topic, with its partitions
 * @param contentsOf what stands in so many slots; classes that nobody in the group has do not count
 */
export function dealtSlots(
  topics: ReadonlyMap<string, number>,
  members: readonly KnownMember[],
  type: ConnectorType,
  contentsOf: (count: number) => ReadonlyMap<number, SlotContents>,
): Unit[] {
  const [count = 0] = topics.values();
  const contents = contentsOf(count);
  const known: Known = new Map(members.map(({ memberId, about }) => [memberId, classesOf(about, type)]));
  return slotUnits(topics, (slot) => partsOf(contents.get(slot) ?? new Map(), known));
}

/** Of the slots dealt out that are busy: how many a member may have at least, and at most. */
export function fairShare(
  members: readonly KnownMember[],
  memberId: string,
  dealt: (members: readonly KnownMember[]) => readonly Unit[],
): { readonly least: number; readonly most: number } {
  // Where shares cannot be the same, who is named first has the bigger one.
  const shareAs = (name: string) => {
    const named = members.map((one) => (one.memberId === memberId ? { ...one, memberId: name } : one));
    const claims = named.map((one) => ({ memberId: one.memberId, generation: -1, owned: [] }));
    const busy = dealt(named).filter(({ kind }) => kind === 'busy');
    return assignUnits(busy, claims).get(name)?.length ?? 0;
  };
  return { least: shareAs('\uffff'), most: shareAs('') };
}

function classesOf(about: KnownMember['about'], type: ConnectorType): ReadonlySet<string> | null {
  if (!isAbout(about)) return null;
  const ofType = Object.entries(about.classes).filter(([, is]) => is === type);
  return new Set(ofType.map(([name]) => simpleName(name)));
}

function partsOf(contents: SlotContents, known: Known): SlotPart[] {
  const told = [...known.values()].filter((classes) => classes !== null);
  let left = [...contents.keys()].filter((name) => told.some((classes) => classes.has(name))).sort();
  const parts: SlotPart[] = [];
  while (parts.length === 0 || left.length > 0) {
    const most = longest(told.map((classes) => left.filter((name) => classes.has(name))));
    const takers = [...known].flatMap(([memberId, classes]) =>
      classes === null || most.every((name) => classes.has(name)) ? [memberId] : [],
    );
    parts.push({
      kind: most.some((name) => contents.get(name)) ? 'busy' : 'idle',
      ...(takers.length < known.size && { takers: new Set(takers) }),
      // Who takes the first part has nothing of the others, or that part would be longer.
      ...(parts.length > 0 && { only: most }),
    });
    left = left.filter((name) => !most.includes(name));
  }
  return parts;
}

/** Of those of one length, the first in order. */
function longest(lists: readonly (readonly string[])[]): readonly string[] {
  const sorted = [...lists].sort((a, b) => b.length - a.length || (a.join() < b.join() ? -1 : 1));
  return sorted[0] ?? [];
}
