import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute and more, longest first: one of them that begins last would run on alone. */
const LONG = [
  'renewal',
  'convergence',
  'kills',
  'bad-input',
  'faulty-target',
  'two-processes',
  'new-snapshot',
  'commands',
  'rest-conformance',
  'worker-group',
  'cql-repair',
  'replay',
  'worker-curl',
  'worker-offsets',
  'worker-plugins',
];

/** The order of test files: known on a fresh clone too, where Vitest has not yet seen how long each takes. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = LONG.indexOf(basename(moduleId, '.test.ts'));
      return at < 0 ? LONG.length : at;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
