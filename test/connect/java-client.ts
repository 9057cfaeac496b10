import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchJars, type JarSet } from '../../local/jars.ts';
import { toStderr } from '../../local/progress.ts';
import { runTool } from '../../local/toolchain.ts';
import type { Config } from '../rest/rest-worker.ts';

const jarSet: JarSet = {
  profile: 'connect-client',
  version: '4.0.4',
  title: 'kafka-connect-client 4.0.4 (4 MB)',
};
const program = fileURLToPath(new URL('./ConnectClient.java', import.meta.url));

/** What the client made of each answer, by the step of ConnectClient.java. */
export type ClientSteps = Readonly<Record<string, unknown>>;

/** Drives a worker by `org.sourcelab:kafka-connect-client`. @param password null: none is asked for */
export async function driveByJavaClient(
  url: string,
  connector: { readonly name: string; readonly config: Config },
  password: string | null = null,
): Promise<ClientSteps> {
  const jars = await fetchJars(jarSet, toStderr);
  const { name, config } = connector;
  const quick = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx128m'];
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';
  const options = [...quick, quiet, '-cp', join(jars, '*'), program];
  const output = await runTool('java', [...options, url, name, JSON.stringify(config), password ?? '-']);
  const last = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .at(-1);
  return JSON.parse(last ?? '{}') as ClientSteps;
}
