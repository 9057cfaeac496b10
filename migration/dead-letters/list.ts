import type { Letter } from '../../connectors/runtime/dead-letters/letter.ts';
import type { Migration } from '../config/defaults.ts';
import { targetName } from '../config/names.ts';
import type { LetterRequest } from './request.ts';
import { withLetters } from './with-letters.ts';

/** Letters that wait, of one connector and table and of one reason. */
export interface LetterGroup {
  readonly connector: string;
  readonly table: string | null;
  readonly stage: string;
  readonly reason: string;
  readonly letters: number;
  /** When the first and the last of them was set aside, ISO. */
  readonly first: string;
  readonly last: string;
  /** False: of a source, whose record never was in a topic. */
  readonly retriable: boolean;
}

export interface LetterList {
  readonly migration: string;
  readonly target: string;
  /** The dead-letter topic. */
  readonly topic: string;
  readonly letters: number;
  /** Others of the topic, which nobody can tell about: they have no context headers. */
  readonly withoutContext: number;
  readonly groups: readonly LetterGroup[];
}

/** The work of `messina dead-letters FILE list`. */
export async function listLetters(migration: Migration, request: LetterRequest): Promise<LetterList> {
  const groups = new Map<string, LetterGroup>();
  let withoutContext = 0;
  await withLetters(migration, request, async (waiting) => {
    withoutContext = waiting.withoutContext;
    for await (const letters of waiting.read()) for (const letter of letters) count(groups, letter);
  });
  const all = [...groups.values()].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  return {
    migration: migration.name,
    target: targetName(migration),
    topic: migration.deadLetters.topic,
    letters: all.reduce((sum, { letters }) => sum + letters, 0),
    withoutContext,
    groups: all,
  };
}

function count(groups: Map<string, LetterGroup>, letter: Letter): void {
  const { connector, table, stage, reason, setAside, place } = letter;
  const key = JSON.stringify([connector, table, stage, reason]);
  const before = groups.get(key);
  groups.set(key, {
    connector,
    table,
    stage,
    reason,
    letters: (before?.letters ?? 0) + 1,
    first: before === undefined || setAside < before.first ? setAside : before.first,
    last: before === undefined || setAside > before.last ? setAside : before.last,
    retriable: place !== null,
  });
}

const orderOf = ({ table, connector, reason, stage }: LetterGroup) =>
  JSON.stringify([table, connector, reason, stage]);
