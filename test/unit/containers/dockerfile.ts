/** One instruction of a Dockerfile: `word` in capitals, the rest as one line. */
export interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** A stage: from a FROM to the next. */
export interface Stage {
  readonly image: string;
  readonly name: string | null;
  readonly instructions: readonly Instruction[];
}

export interface Copy {
  /** Name of the stage it copies from; null: the build context. */
  readonly from: string | null;
  readonly sources: readonly string[];
  readonly destination: string;
}

/** The stages of a Dockerfile: comments left out, continued lines joined. No heredocs, no ARG before FROM. */
export function stagesOf(text: string): Stage[] {
  const joined = text.replace(/^\s*#.*\n/gm, '').replace(/\\\n\s*/g, ' ');
  const stages: { image: string; name: string | null; instructions: Instruction[] }[] = [];
  for (const line of joined.split('\n').filter((text) => text.trim() !== '')) {
    const [, word = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line.trim()) ?? [];
    if (word === 'FROM') {
      const [image = '', , name = null] = rest.split(/\s+/);
      stages.push({ image, name, instructions: [] });
    } else {
      stages.at(-1)?.instructions.push({ word, rest });
    }
  }
  return stages;
}

/** The rest of every instruction of this word, in order. */
export function allOf(stage: Stage, word: string): string[] {
  return stage.instructions.filter((instruction) => instruction.word === word).map(({ rest }) => rest);
}

/** The JSON array of an instruction in exec form, such as ENTRYPOINT. */
export function execForm(text: string): string[] {
  return JSON.parse(text) as string[];
}

export function copiesOf(stage: Stage): Copy[] {
  return allOf(stage, 'COPY').map((rest) => {
    const words = rest.split(/\s+/);
    const flags = words.filter((word) => word.startsWith('--'));
    const paths = words.filter((word) => !word.startsWith('--'));
    const from = flags.find((flag) => flag.startsWith('--from='))?.slice('--from='.length) ?? null;
    return { from, sources: paths.slice(0, -1), destination: paths.at(-1) ?? '' };
  });
}
