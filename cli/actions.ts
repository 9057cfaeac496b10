import type { Actions } from './command-options.ts';

/** The actions of this version, each loaded when its command is run: `--help` and usage errors load none. */
export const actions: Actions = {
  migrate: async (session, options) => (await import('./actions/migrate.ts')).runMigrate(session, options),
  plan: async (session, options) => (await import('./actions/plan.ts')).runPlan(session, options),
  status: async (session, options) => (await import('./actions/status.ts')).runStatus(session, options),
  verify: async (session, options) => (await import('./actions/verify.ts')).runVerify(session, options),
  replay: async (session, options) => (await import('./actions/replay.ts')).runReplay(session, options),
  infer: async (session, options) => (await import('./actions/infer.ts')).runInfer(session, options),
  export: async (session, options) => (await import('./actions/export.ts')).runExport(session, options),
  'dead-letters': async (session, options) =>
    (await import('./actions/dead-letters.ts')).runDeadLetters(session, options),
  topic: async (session, options) => (await import('./actions/topic.ts')).runTopic(session, options),
  cleanup: async (session, options) => (await import('./actions/cleanup.ts')).runCleanup(session, options),
  load: async (session, options) => (await import('./actions/load.ts')).runLoad(session, options),
  source: async (session, options) =>
    (await import('./actions/worker.ts')).runWorkerOf('source', session, options),
  sink: async (session, options) =>
    (await import('./actions/worker.ts')).runWorkerOf('sink', session, options),
  connectors: async (session, options) =>
    (await import('./actions/connectors.ts')).runConnectors(session, options),
  describe: async (session, options) => (await import('./actions/describe.ts')).runDescribe(session, options),
  demo: async (session, options) => (await import('./demo/run.ts')).runDemo(session, options),
};
