import { makePlan } from '../../migration/plan.ts';
import type { PlanOptions } from '../commands/plan.ts';
import { type ExitCode, exitCodes } from '../exit.ts';
import type { Session } from '../session.ts';
import { planText } from './plan-text.ts';

export async function runPlan(session: Session, options: PlanOptions): Promise<ExitCode> {
  const { signal, log } = session;
  const plan = await makePlan(await session.load(options.file), { signal, log });
  if (session.globals.json) session.printJson(plan);
  else session.print(planText(plan));
  return plan.problems.length === 0 ? exitCodes.done : exitCodes.refused;
}
