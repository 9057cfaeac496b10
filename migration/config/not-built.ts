import type { Finding, KeyPath } from './finding.ts';
import type { Needs } from './rules.ts';
import { valueAt } from './shape.ts';

interface NotBuilt {
  readonly path: KeyPath;
  /** Whether a value (undefined: the key is not given) asks for what is not built. */
  readonly asks: (value: unknown) => boolean;
  readonly what: string;
  readonly instead: string;
}

const isNotEmpty = (value: unknown) =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0;

/** What the migration file's format has and this version has not. The list only shrinks. */
export const notBuilt: readonly NotBuilt[] = [
  {
    path: ['target', 'type'],
    asks: (value) => value === 'cql',
    what: 'type: cql',
    instead: 'Use type: alternator.',
  },
  {
    // Once it is built, a rule must ask for source.snapshot.s3.bucket.
    path: ['source', 'snapshot', 'from'],
    asks: (value) => value === 'export' || value === undefined,
    what: 'from: export (the default)',
    instead:
      'Use from: scan; or make an export with `messina export`, or in AWS, and name it with from: manifest and manifests.',
  },
  {
    path: ['source', 'snapshot', 'incremental'],
    asks: isNotEmpty,
    what: 'incremental exports',
    instead: 'Use a full export alone; the stream brings what came after it.',
  },
  { path: ['transforms'], asks: isNotEmpty, what: 'transforms', instead: 'Remove the transforms.' },
  {
    path: ['kafka', 'sasl', 'mechanism'],
    asks: (value) => value === 'oauthbearer' || value === 'aws-iam',
    what: 'oauthbearer and aws-iam',
    instead: 'Use plain, scram-sha-256 or scram-sha-512.',
  },
];

/** Refuses by name what the format has and this version has not. */
export const notBuiltFindings = (root: unknown, { needsSnapshot }: Needs): Finding[] =>
  notBuilt
    .filter(({ path, asks }) => asks(valueAt(root, path)))
    .filter(({ path }) => needsSnapshot || path[1] !== 'snapshot')
    .map(({ path, what, instead }) => ({
      path,
      at: 'value',
      message: `asks for what is not in this version: ${what}`,
      remedy: instead,
    }));
