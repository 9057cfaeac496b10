/** Where the services report what takes long; one line without its newline per call. */
export type Progress = (line: string) => void;

/** Progress for people at a terminal: stdout belongs to results. */
export const toStderr: Progress = (line) => {
  process.stderr.write(`${line}\n`);
};

/** Progress for callers that have their own display. */
export const quiet: Progress = () => {};
