import type { Letter } from '../../connectors/runtime/dead-letters/letter.ts';
import { SlabWriter } from '../../schemas/bytes.ts';
import { appendKeyJson } from '../../schemas/json-writer.ts';
import type { Migration } from '../config/defaults.ts';
import { targetName } from '../config/names.ts';
import type { LetterRequest } from './request.ts';
import { withLetters } from './with-letters.ts';

/** A letter, without the item. */
export interface ShownLetter {
  readonly connector: string;
  readonly table: string | null;
  /** Names of the table's key attributes; empty where the catalog does not know the table. */
  readonly keyAttributes: readonly string[];
  /** DynamoDB JSON; only where keys are asked for, and the letter has one that can be read. */
  readonly key?: unknown;
  /** Where the record stands: in a topic, or where a source read it (`file`, `line` …). */
  readonly place: Readonly<Record<string, string | number>>;
  readonly stage: string;
  readonly reason: string;
  readonly message: string;
  /** ISO. */
  readonly setAside: string;
  readonly retriable: boolean;
}

export interface ShownLetters {
  readonly migration: string;
  readonly target: string;
  readonly topic: string;
  /** All that wait; `shown` may be fewer. */
  readonly letters: number;
  /** Others of the topic, which nobody can tell about: they have no context headers. */
  readonly withoutContext: number;
  readonly shown: readonly ShownLetter[];
}

export interface ShowRequest extends LetterRequest {
  readonly lettersMax: number;
  /** Keys are values of items. */
  readonly showKeys: boolean;
}

/** The work of `messina dead-letters FILE show`: the letters that wait, in the order in which they were set aside. */
export async function showLetters(migration: Migration, request: ShowRequest): Promise<ShownLetters> {
  const shown: ShownLetter[] = [];
  let letters = 0;
  let withoutContext = 0;
  await withLetters(migration, request, async (waiting, { catalog }) => {
    withoutContext = waiting.withoutContext;
    for await (const some of waiting.read()) {
      letters += some.length;
      for (const letter of some.slice(0, Math.max(0, request.lettersMax - shown.length))) {
        const facts = letter.table === null ? null : catalog.table(letter.table)?.facts;
        const names = facts?.keySchema.map(({ name }) => name) ?? [];
        shown.push(shownLetter(letter, names, request.showKeys));
      }
    }
  });
  return {
    migration: migration.name,
    target: targetName(migration),
    topic: migration.deadLetters.topic,
    letters,
    withoutContext,
    shown,
  };
}

/** @param keyAttributes names of the table's key attributes. */
export function shownLetter(
  letter: Letter,
  keyAttributes: readonly string[],
  showKeys: boolean,
): ShownLetter {
  const { connector, table, place, origin, stage, reason, message, setAside } = letter;
  const key = showKeys ? keyOf(letter) : null;
  return {
    connector,
    table,
    keyAttributes,
    ...(key === null ? {} : { key }),
    place: place === null ? origin : { ...place },
    stage,
    reason,
    message,
    setAside,
    retriable: place !== null,
  };
}

/** Null: it has none, or none of ours. */
function keyOf({ key }: Letter): unknown {
  if (key === null) return null;
  try {
    const out = new SlabWriter();
    appendKeyJson(out, key);
    return JSON.parse(out.take().toString());
  } catch {
    return null;
  }
}
