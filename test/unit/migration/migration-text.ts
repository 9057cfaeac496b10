import { ConfigError, type ConfigProblem } from '../../../connectors/config/errors.ts';
import { parseMigration } from '../../../migration/config/load.ts';

/** A file that is valid in this version; its lines are counted on by tests. */
export const validText = `name: music
source:
  region: eu-central-1
  tables: [Music]
  snapshot: {from: scan}
kafka:
  brokers: [127.0.0.1:9092]
target:
  type: alternator
  endpoints: [http://127.0.0.1:8001]
`;

export const parse = (text: string, env: Record<string, string> = {}, folder = '/nowhere') =>
  parseMigration(text, 'music.yaml', { env, folder });

/** What is wrong with a text, each as `line:column key: message | remedy`. */
export function problemsOf(text: string, env: Record<string, string> = {}, folder = '/nowhere'): string[] {
  try {
    parse(text, env, folder);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(asLine);
  }
}

const asLine = ({ line, column, key, message, remedy }: ConfigProblem) =>
  `${line}:${column} ${key}: ${message} | ${remedy}`;
