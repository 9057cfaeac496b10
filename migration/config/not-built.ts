import type { Finding, KeyPath } from './finding.ts';
import { valueAt } from './shape.ts';

interface NotBuilt {
  readonly path: KeyPath;
  /** Whether a value (undefined: the key is not given) asks for what is not built. */
  readonly asks: (value: unknown) => boolean;
  readonly what: string;
  readonly instead: string;
}

/** What the migration file's format has and this version has not. The list only shrinks. */
export const notBuilt: readonly NotBuilt[] = [
  {
    path: ['kafka', 'sasl', 'mechanism'],
    asks: (value) => value === 'oauthbearer' || value === 'aws-iam',
    what: 'oauthbearer and aws-iam',
    instead: 'Use plain, scram-sha-256 or scram-sha-512.',
  },
];

/** Refuses by name what the format has and this version has not. */
export const notBuiltFindings = (root: unknown): Finding[] =>
  notBuilt
    .filter(({ path, asks }) => asks(valueAt(root, path)))
    .map(({ path, what, instead }) => ({
      path,
      at: 'value',
      message: `asks for what is not in this version: ${what}`,
      remedy: instead,
    }));
