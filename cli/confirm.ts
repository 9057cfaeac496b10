import { createInterface } from 'node:readline';
import type { Session } from './session.ts';

/**
 * Asks on the terminal, where only `y` and `yes` say yes.
 *
 * @returns null where there is nobody to ask
 */
export async function confirm({ stdin, stderr, signal }: Session, question: string): Promise<boolean | null> {
  if (stdin?.isTTY !== true) return null;
  stderr.write(`${question} [y/N] `);
  const answer = await firstLine(stdin, signal);
  return /^y(es)?$/i.test(answer.trim());
}

/** Empty at the end of input. */
function firstLine(input: NodeJS.ReadableStream, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input });
  return new Promise<string>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    lines.once('line', resolve);
    lines.once('close', () => {
      signal.removeEventListener('abort', stop);
      resolve('');
    });
  }).finally(() => lines.close());
}
