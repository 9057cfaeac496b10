import { DeleteItemCommand, DescribeTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { TestServices } from '../../services.ts';
import type { ExportSpec } from '../../unit/source/export-fixture.ts';
import type { FileOptions } from './migration-file.ts';
import { fullOf, pictureOf, windowOf, writePhase } from './pictures.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A key that the full export holds, born and gone within the first window: no window has a row for it (rule C1). */
export const GHOST = { Artist: { S: 'ghost' }, SongTitle: { S: '1' } };

/** A full export of three weeks ago and two windows, of a table that changed all the while. */
export async function exportsOfWeeks({ source: { client } }: TestServices) {
  const x = Math.floor(Date.now() / 1000) * 1000 - 21 * DAY;
  const [fromMs, firstMs, secondMs] = [x - 10 * MINUTE, x + DAY, x + 2 * DAY];
  const begin = await pictureOf(client);
  const pictures = [begin];
  await client.send(new PutItemCommand({ TableName: 'Music', Item: GHOST }));
  // Before the full export, within its fuzz, in the first window, in the second.
  for (const phase of ['a', 'b', 'c', 'd']) {
    if (phase === 'c') await client.send(new DeleteItemCommand({ TableName: 'Music', Key: GHOST }));
    await writePhase(client, phase, begin);
    pictures.push(await pictureOf(client));
  }
  const [, beforeX, afterX, first, second] = pictures;
  const specs: ExportSpec[] = [
    fullOf(beforeX!, afterX!, x),
    windowOf(begin, first!, fromMs, firstMs, 'NEW_IMAGE'),
    windowOf(first!, second!, firstMs, secondMs, 'NEW_AND_OLD_IMAGES'),
  ];
  return { specs, picture: second!, toMs: secondMs };
}

/** With the TableId of the test's own table. */
export async function ofTable({ source }: TestServices, specs: readonly ExportSpec[]): Promise<ExportSpec[]> {
  const { Table } = await source.client.send(new DescribeTableCommand({ TableName: 'Music' }));
  return specs.map((spec) => ({ ...spec, summary: { ...spec.summary, tableId: Table?.TableId } }));
}

/** Options of a migration file that names them: the full one first. */
export function chainOptions([full, ...windows]: readonly string[]): FileOptions {
  return {
    tables: ['Music'],
    snapshot: { from: 'manifest', manifests: { Music: full }, incremental: { Music: windows } },
  };
}
