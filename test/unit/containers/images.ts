import { allOf, copiesOf, type Stage, stagesOf } from './dockerfile.ts';
import { textOf } from './repository.ts';

/** A worker's image as its Dockerfile says it. */
export interface Image {
  readonly worker: 'source' | 'sink';
  readonly build: Stage;
  readonly final: Stage;
  /** Folders of the build context that are copied whole. */
  readonly rooms: readonly string[];
  /** Packages that `npm uninstall` takes out. */
  readonly removed: readonly string[];
}

export const images: readonly Image[] = (['source', 'sink'] as const).map((worker) => {
  const [build, final] = stagesOf(textOf(`${worker}/Dockerfile`));
  if (build === undefined || final === undefined) throw new Error(`${worker}/Dockerfile has no two stages`);
  const copied = copiesOf(build).filter(({ sources }) => sources.length === 1);
  return {
    worker,
    build,
    final,
    rooms: copied.filter(({ sources, destination }) => destination === `${sources[0]}/`).map(folderOf),
    removed: uninstalled(build),
  };
});

function folderOf({ destination }: { readonly destination: string }): string {
  return destination.slice(0, -1);
}

function uninstalled(build: Stage): string[] {
  const command = allOf(build, 'RUN').find((rest) => rest.startsWith('npm uninstall ')) ?? '';
  return command.split(/\s+/).filter((word, index) => index > 1 && !word.startsWith('--'));
}
