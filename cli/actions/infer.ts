import { writeFile } from 'node:fs/promises';
import { isSelected } from '../../connectors/table-globs.ts';
import { type Inference, inferMapping } from '../../migration/infer/infer.ts';
import type { InferOptions } from '../commands/infer.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import type { Session } from '../session.ts';
import { checkWritable } from './writable.ts';

export async function runInfer(session: Session, options: InferOptions): Promise<ExitCode> {
  const { file, table, itemsMax, output, force } = options;
  const migration = await session.load(file, {
    needsSnapshot: false,
    needsSource: false,
    needsMapping: false,
  });
  if (!isSelected(migration.source.tables, table)) {
    throw new UsageError(`Table ${table} is not in ${file}`, 'Name a table of source.tables.');
  }
  if (output !== null) await checkOutput(output, force);
  const { signal, log } = session;
  const withSource = () => session.load(file, { needsSnapshot: false, needsMapping: false });
  const inference = await inferMapping(migration, { table, itemsMax, withSource, signal, log });
  if (output !== null) await writeFile(output, inference.text, { flag: force ? 'w' : 'wx' });
  if (session.globals.json) session.printJson({ table, ...asJson(inference) });
  else session.print(output === null ? inference.text.trimEnd() : summary(output, inference));
  return exitCodes.done;
}

async function checkOutput(output: string, force: boolean): Promise<void> {
  if ((await checkWritable(output, '--output')) && !force) {
    throw new UsageError(`${output} exists already`, 'Name another file with --output, or add --force.');
  }
}

function asJson({ from, sample, document, attributes }: Inference) {
  const { items, deletes, filtered, failed, otherValues } = sample;
  return { from, items, deletes, filtered, failed, attributes, otherValues, mapping: document };
}

function summary(output: string, { from, sample, document, attributes }: Inference): string {
  const inLeftovers = attributes.filter(({ type }) => type === null).length;
  const conflicts = attributes.filter(({ conflict }) => conflict).length;
  const where = from === 'topics' ? 'of the topics' : 'of a scan';
  return [
    `Wrote ${output}, from ${sample.items} items ${where}.`,
    `Columns: ${document.columns.length};`,
    `attributes in column ${document.leftovers.column} alone: ${inLeftovers};`,
    `columns with values of other types: ${conflicts}`,
  ].join(' ');
}
