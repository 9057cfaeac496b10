import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RestWorker } from '../rest/rest-worker.ts';
import type { ApacheConnect } from './apache-connect.ts';

/** Apache Kafka Connect with its file connectors, as the conformance suite drives it. @param topic holds some records */
export function apacheWorker({ url, directory }: ApacheConnect, topic: string): RestWorker {
  const sinkConfig = async (connector: string) => ({
    'connector.class': 'FileStreamSink',
    topics: topic,
    file: join(directory, `${connector}.out`),
  });
  return {
    url,
    sourceClass: 'FileStreamSource',
    sinkClass: 'FileStreamSink',
    transform: { name: 'ReplaceField$Value', option: 'exclude' },
    sourceConfig: async (connector) => {
      const file = join(directory, `${connector}.in`);
      await writeFile(file, 'first\nsecond\n');
      return { 'connector.class': 'FileStreamSource', topic, file };
    },
    sinkConfig,
    failingConfig: async (connector) => ({
      ...(await sinkConfig(connector)),
      file: join(directory, 'no', 'such', 'folder', 'out'),
    }),
  };
}
