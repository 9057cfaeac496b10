import { UpdateTableCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { clientOf, type TableAddress } from '../../workload/table.ts';

/** Enables the stream of a table; every change from here on is captured. */
export async function enableStream(address: TableAddress): Promise<void> {
  const client = clientOf(address);
  const TableName = address.table;
  try {
    const StreamSpecification = { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } as const;
    await client.send(new UpdateTableCommand({ TableName, StreamSpecification }));
    await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName });
  } finally {
    client.destroy();
  }
}
