import { connectorConfigs } from '../../migration/connector-configs.ts';
import { makePlan } from '../../migration/plan/plan.ts';
import type { PlanOptions } from '../commands/plan.ts';
import { type ExitCode, exitCodes } from '../exit.ts';
import type { Session } from '../session.ts';
import { planText } from './plan-text.ts';

export async function runPlan(session: Session, options: PlanOptions): Promise<ExitCode> {
  if (options.connectors) return printConnectors(session, options.file);
  const { signal, log } = session;
  const plan = await makePlan(await session.load(options.file), { signal, log });
  if (session.globals.json) session.printJson(plan);
  else session.print(planText(plan));
  return plan.problems.length === 0 ? exitCodes.done : exitCodes.refused;
}

/** As JSON, whether asked for or not: it is to be posted. */
async function printConnectors(session: Session, file: string): Promise<ExitCode> {
  const placeholders = new Map<string, string>();
  const migration = await session.load(file, { needsSnapshot: true, placeholders });
  const posted = await connectorConfigs(migration, placeholders);
  if (session.globals.json) session.printJson(posted);
  else session.print(JSON.stringify(posted, null, 2));
  return exitCodes.done;
}
