import type { Problem } from './connector.ts';
import { ConnectError } from './errors.ts';

/** One error that says all of them: nothing is touched before every table was checked. */
export function refuse(problems: readonly Problem[]): void {
  const [first] = problems;
  if (!first) return;
  if (problems.length === 1) throw first.error;
  const worst = problems.find(({ error }) => error.exit === 4) ?? first;
  const lines = problems.map(({ error }) => `${error.code}: ${error.message} → ${error.hint}`);
  throw new ConnectError(worst.error.code, `${problems.length} problems\n  ${lines.join('\n  ')}`, {
    cause: worst.error,
    detail: worst.error.detail,
  });
}
