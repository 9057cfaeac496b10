import { relative } from 'node:path';
import { type LocalServices, startLocalServices } from '../../local/services.ts';
import { workDirectory } from '../../local/work-directory.ts';
import type { DemoOptions, DemoTarget } from '../commands/demo.ts';
import { type ExitCode, exitCodes, isAbort } from '../exit.ts';
import type { Session } from '../session.ts';
import { drain, verify } from './finish.ts';
import { createKeyspace } from './keyspace.ts';
import { changesOf, loadWithKill } from './load.ts';
import { capture, exportTable, fillTable } from './prepare.ts';
import { type DemoReport, differencesOf, reportTable } from './report.ts';
import { settingsOf } from './settings.ts';
import { fileOf, keyspace, type Stage, secondFileName } from './stage.ts';
import { grouped, Story } from './story.ts';
import { switchTarget } from './switch-target.ts';
import { openWatch } from './watch.ts';

/** What a timer can wait: 24 days. */
const longestPauseMs = 2 ** 31 - 1;

const destinations: Readonly<Record<DemoTarget, string>> = {
  alternator: "ScyllaDB's DynamoDB API",
  cql: 'typed tables of ScyllaDB',
  both: "ScyllaDB's DynamoDB API, and then to its typed tables",
};

const standIns: Readonly<Record<DemoTarget, string>> = {
  alternator: 'another that stands for ScyllaDB',
  cql: 'a Cassandra that stands for ScyllaDB',
  both: 'another and a Cassandra that stand for ScyllaDB',
};

/** The whole thing on local services: exits 0 only when source and target are equal, else 3. */
export async function runDemo(session: Session, options: DemoOptions): Promise<ExitCode> {
  const begunMs = performance.now();
  const story = new Story(session);
  const settings = settingsOf(options);
  story.line(
    `${grouped(settings.items)} items move from DynamoDB to ${destinations[settings.target]}, while they change.\n`,
  );
  await using services = await startServices(session, story, settings.target);
  const work = await workDirectory('demo', undefined);
  const stage: Stage = { session, story, settings, services, directory: work.path };
  let keepsFiles = options.keep;
  try {
    const report = await play(stage, begunMs);
    session.progress.done();
    story.line('');
    if (session.globals.json) session.printJson(report);
    else session.print(reportTable(report));
    if (options.keep) await keep(stage);
    const differences = report.differences + (report.cql?.differences ?? 0);
    return differences === 0 ? exitCodes.done : exitCodes.differences;
  } catch (error) {
    if (isAbort(error)) {
      story.line('Interrupted. The services end, and their data with them.');
      return exitCodes.interrupted;
    }
    keepsFiles = true;
    session.progress.above(`The migration file and the logs stay in ${work.path}\n`);
    throw error;
  } finally {
    if (!keepsFiles) await work.remove();
  }
}

async function startServices(session: Session, story: Story, target: DemoTarget): Promise<LocalServices> {
  const title = `Start Kafka, DynamoDB Local as the source, and ${standIns[target]}`;
  return story.step(title, async ({ note }) => {
    const services = await startLocalServices({
      target: target === 'cql' ? null : {},
      cassandra: target === 'alternator' ? null : {},
      progress: note,
    });
    if (services.cassandra !== null) {
      await createKeyspace(session, services.cassandra.contactPoint, keyspace).catch(async (error) => {
        await services[Symbol.asyncDispose]();
        throw error;
      });
    }
    return [services, ''];
  });
}

async function play(stage: Stage, begunMs: number): Promise<DemoReport> {
  const { session, settings } = stage;
  await fillTable(stage);
  await using workload = await capture(stage);
  await exportTable(stage, workload);
  await using watch = await openWatch(await session.load(fileOf(stage)), settings.table, session.log);
  const loading = await loadWithKill(stage, workload, watch);
  await using _migrate = loading.migrate;
  const drained = await drain(stage, workload, loading, watch);
  const verified = await verify(stage);
  await loading.migrate.stop();
  const cql = settings.target === 'both' ? await switchTarget(stage) : null;
  return {
    table: settings.table,
    items: settings.items,
    changes: {
      written: drained.made.operations,
      made: changesOf(drained.made),
      byKind: drained.made.byKind,
      captured: drained.table.changes.byOperation,
      deletesWhileLoading: loading.deletes,
      reinsertsWhileLoading: loading.reinserts,
    },
    killedAtRows: loading.killedAtRows,
    loadingSeconds: loading.loadingSeconds,
    itemsPerSecond: Math.round(settings.items / Math.max(0.1, loading.writingSeconds)),
    lagSeconds: drained.lagSeconds,
    verified,
    differences: differencesOf(verified),
    cql,
    seconds: (performance.now() - begunMs) / 1000,
  };
}

/** Shows where everything is, until the first interrupt: the services end with us. */
async function keep(stage: Stage): Promise<void> {
  const { session, services } = stage;
  const program = `node ${relative(process.cwd(), process.argv[1] ?? '')}`;
  const { kafka, source, target, cassandra } = services;
  const isSwitched = stage.settings.target === 'both';
  const lines = [
    '',
    `migration file   ${fileOf(stage)}`,
    ...(isSwitched ? [`                 ${fileOf(stage, secondFileName)}`] : []),
    `Kafka            ${kafka.bootstrap}`,
    `source           ${isSwitched ? 'switched off' : source.endpoint}`,
    ...(target === null ? [] : [`target           ${target.endpoint}`]),
    ...(cassandra === null ? [] : [`target in CQL    ${cassandra.contactPoint}, keyspace ${keyspace}`]),
    '',
    `Try  ${program} status ${fileOf(stage)}`,
    `     ${program} topic ${fileOf(stage)} --table ${stage.settings.table} --kind changes --max 3`,
    '',
    'Ctrl-C ends the services, and their data with them; the directory of the file stays.',
  ];
  session.stderr.write(`${lines.join('\n')}\n`);
  // A timer, since services and signals keep no process.
  await stage.story.pause(longestPauseMs).catch(() => {});
}
