import { closest, distance } from 'fastest-levenshtein';

/** The known word that a mistyped one is closest to, or null where none is close enough to be meant. */
export function closestWord(word: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const lower = word.toLowerCase();
  const sameButCase = known.find((candidate) => candidate.toLowerCase() === lower);
  if (sameButCase !== undefined) return sameButCase;
  const candidate = closest(word, known);
  // Two letters that changed places count as two edits.
  const limit = Math.max(word.length < 4 ? 1 : 2, Math.floor(Math.max(word.length, candidate.length) / 3));
  return distance(word, candidate) <= limit ? candidate : null;
}
