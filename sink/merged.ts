/**
 * What several iterables yield, as it comes; each of them is one step ahead, no more.
 *
 * Ends when all have ended. When one throws, or the consumer stops, the others are ended too.
 */
export async function* merged<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T, void, undefined> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const step = (i: number) => iterators[i]!.next().then((result) => ({ i, result }));
  const steps = new Map(iterators.map((_, i) => [i, step(i)] as const));
  try {
    while (steps.size > 0) {
      const { i, result } = await Promise.race(steps.values());
      if (result.done === true) steps.delete(i);
      else {
        steps.set(i, step(i));
        yield result.value;
      }
    }
  } finally {
    // Steps nobody waits for any more may still fail, as they do after an abort.
    await Promise.allSettled(steps.values());
    await Promise.allSettled(iterators.map((iterator) => iterator.return?.()));
  }
}
