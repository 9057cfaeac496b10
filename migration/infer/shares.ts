/**
 * Spreads a number of reads over places of different size: evenly, and what small places cannot give the others do.
 *
 * @param sizes what each place holds
 * @returns how much to take of each; in sum `total`, or all there is
 */
export function evenShares(sizes: readonly number[], total: number): number[] {
  const shares = sizes.map(() => 0);
  const ascending = sizes.map((size, index) => ({ size, index })).sort((a, b) => a.size - b.size);
  let left = total;
  ascending.forEach(({ size, index }, done) => {
    const share = Math.min(size, Math.ceil(left / (ascending.length - done)));
    shares[index] = share;
    left -= share;
  });
  return shares;
}
