import { progressRows } from '../actions/progress-rows.ts';
import { verify } from './finish.ts';
import { differencesOf, type SecondTarget } from './report.ts';
import { fileOf, messina, type Stage, secondFileName } from './stage.ts';
import { grouped } from './story.ts';
import { openWatch } from './watch.ts';

const lookIntervalMs = 200;

/** Fills the second target from the topics that the first was filled from; the source is gone by then. */
export async function switchTarget(stage: Stage): Promise<SecondTarget> {
  const { story, services } = stage;
  await story.step('Switch the source off: what it held is in the topics', async () => [
    await services.source.stop(),
    '',
  ]);
  const loadingSeconds = await fill(stage);
  const verified = await verify(stage, secondFileName, ['--against', 'topics']);
  return { loadingSeconds, verified, differences: differencesOf(verified) };
}

async function fill(stage: Stage): Promise<number> {
  const { story, session, settings } = stage;
  const flags = ['--sinks-only', '--until', 'ready'];
  return story.step(['messina migrate', secondFileName, ...flags].join(' '), async (telling) => {
    const begunMs = performance.now();
    const file = fileOf(stage, secondFileName);
    await using watch = await openWatch(await session.load(file), settings.table, session.log);
    await using child = messina(stage, ['migrate', file, ...flags]);
    const rowsOf = progressRows();
    let written = 0;
    for (; child.running; await story.pause(lookIntervalMs)) {
      const status = await watch.look();
      if (status === null) continue;
      telling.show(rowsOf(status));
      written = status.tables[0]?.snapshot.written ?? 0;
    }
    await child.result;
    const loadingSeconds = (performance.now() - begunMs) / 1000;
    return [loadingSeconds, `${grouped(written)} rows and all changes, from the topics alone`];
  });
}
