import { expect, test, vi } from 'vitest';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import { KafkaError } from '../../../connectors/kafka/errors.ts';
import { KeyedLog } from '../../../connectors/kafka/keyed-log.ts';

let breakNow: (error: Error) => void = () => {};
vi.mock('../../../connectors/kafka/offsets.ts', () => ({
  beginOffsets: async () => [0],
  endOffsets: async () => [0],
}));
vi.mock('../../../connectors/kafka/reader.ts', () => ({
  TopicReader: class {
    assign(): void {}

    fetch(): Promise<never> {
      return new Promise((_, reject) => {
        breakNow = reject;
      });
    }

    async close(): Promise<void> {
      breakNow(new KafkaError('CLIENT_CLOSED', 'closed'));
    }
  },
}));

test('who depends on a topic hears that it cannot be read any more, late listeners too', async () => {
  await using log = await KeyedLog.open({ log: () => {} } as unknown as KafkaClient, 'configs');
  const heard: string[] = [];
  log.onFault(({ code }) => heard.push(`early ${code}`));
  breakNow(new KafkaError('OFFSET_OUT_OF_RANGE', 'configs'));
  await vi.waitFor(() => expect(heard).toEqual(['early OFFSET_OUT_OF_RANGE']));
  log.onFault(({ code }) => heard.push(`late ${code}`));
  expect(heard[1]).toBe('late OFFSET_OUT_OF_RANGE');
});
