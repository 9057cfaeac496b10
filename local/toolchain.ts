import { execFile } from 'node:child_process';

/** The tools that fetch and run the services, with what to say when one is missing. */
const remedies = {
  java: 'Kafka, Cassandra and DynamoDB Local run on Java: install a JDK 17 or newer (java and javac on the PATH).',
  javac: 'Java is here without its compiler: install a full JDK 17 or newer (java and javac on the PATH).',
  mvn: 'Kafka, Cassandra and DynamoDB Local are fetched with Maven: install Apache Maven 3.6 or newer (mvn on the PATH).',
  go: 'The S3 server is built with Go: install Go 1.24 or newer (go on the PATH).',
} as const;

export type Tool = keyof typeof remedies;

/** A tool that has to be installed first; the message is one sentence for people. */
export class MissingToolError extends Error {
  override readonly name = 'MissingToolError';
}

/**
 * Runs a tool to its end and returns its output.
 *
 * Throws {@link MissingToolError} when it is not installed, and an error with the end of its output when it fails.
 */
export async function runTool(
  tool: Tool,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...environment }, maxBuffer: 64 << 20 };
    execFile(tool, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout + stderr);
      if (error.code === 'ENOENT') return reject(new MissingToolError(remedies[tool]));
      const tail = `${stdout}${stderr}`.trimEnd().split('\n').slice(-20).join('\n');
      reject(new Error(`${tool} failed:\n${tail}`, { cause: error }));
    });
  });
}

/** Throws unless java and javac are there and new enough. */
export async function requireJdk(): Promise<void> {
  for (const tool of ['java', 'javac'] as const) {
    const version = await runTool(tool, ['-version']);
    const major = Number(/(?:version "|javac )(\d+)/.exec(version)?.[1]);
    if (!(major >= 17)) throw new MissingToolError(`${remedies[tool]} Found: ${version.split('\n')[0]}`);
  }
}
