import { expect, test } from 'vitest';
import { openLoadTable } from '../../../cli/actions/load-table.ts';
import { TABLE } from '../dynamodb/control-world.ts';
import { sendError, sendJson, startStub } from '../dynamodb/stub-server.ts';

const { signal } = new AbortController();

/** Opens table T of a source that holds these items. */
async function opened(items: readonly object[], options: { allowExisting?: boolean; key?: string } = {}) {
  const { allowExisting = false, key = 'pk' } = options;
  const renamed = JSON.parse(JSON.stringify(TABLE).replaceAll('"pk"', `"${key}"`)) as object;
  await using stub = await startStub(({ target }, response) => {
    response.setHeader('Date', new Date().toUTCString());
    if (target.endsWith('DescribeTable')) return sendJson(response, 200, { Table: renamed });
    if (target.endsWith('Scan')) return sendJson(response, 200, { Items: items });
    sendError(response, 400, 'AccessDeniedException');
  });
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const address = { endpoint: stub.endpoint, region: 'r', credentials, table: 'T' };
  return await openLoadTable(address, { createTable: false, allowExisting }, signal);
}

test('a table that is missing is refused by its name, and where it was looked for', async () => {
  await using stub = await startStub((_, response) => sendError(response, 400, 'ResourceNotFoundException'));
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const address = { endpoint: stub.endpoint, region: 'r', credentials, table: 'Musci' };
  await expect(
    openLoadTable(address, { createTable: false, allowExisting: false }, signal),
  ).rejects.toMatchObject({
    code: 'LOAD_TABLE_MISSING',
    message: `There is no table "Musci" at ${stub.endpoint}`,
  });
});

const own = { pk: { S: 'pk 0' }, sk: { N: '7' } };
const foreign = { pk: { S: 'customer-7' }, sk: { N: '7' } };

test('a table of items that load made may be written to, and is not empty', async () => {
  expect(await opened([own])).toMatchObject({ empty: false, streams: true });
  expect(await opened([])).toMatchObject({ empty: true });
});

test('a table with items of others is refused, unless that is allowed', async () => {
  await expect(opened([own, foreign])).rejects.toMatchObject({ code: 'LOAD_TABLE_FOREIGN' });
  expect(await opened([own, foreign], { allowExisting: true })).toMatchObject({ empty: false });
});

test('a table whose key has the name of an attribute that updates change is refused', async () => {
  await expect(opened([], { key: 'Revision' })).rejects.toMatchObject({
    code: 'LOAD_TABLE_KEYS',
    message: expect.stringContaining('Revision'),
  });
});
