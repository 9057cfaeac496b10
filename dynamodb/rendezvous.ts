/**
 * Rendezvous hashing: each key goes to the node with the highest mixed hash, so that a node that comes or goes moves only
 * its own share of the keys (Thaler and Ravishankar, "Using name-based mappings to increase hit rates").
 *
 * @param seeds one per node, as {@link seedOf} gives them; at least one
 * @returns the index of the key's node
 */
export function rendezvous(key: Uint8Array, seeds: Uint32Array): number {
  if (seeds.length === 1) return 0;
  const hash = hashOf(key);
  let best = 0;
  let highest = -1;
  for (let i = 0; i < seeds.length; i++) {
    const weight = mix(hash ^ seeds[i]!);
    if (weight > highest) {
      highest = weight;
      best = i;
    }
  }
  return best;
}

/** A node's own number, from its name. */
export function seedOf(node: string): number {
  return mix(hashOf(Buffer.from(node)));
}

// FNV-1a. Not schemas' hashBytes: that one begins elsewhere in each process, this one must not.
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}

// The finalizer of MurmurHash3.
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
