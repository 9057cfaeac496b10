import type { Actions } from './context.ts';

/** The actions of this version, each loaded when its command is run: `--help` and usage errors load none. */
export const actions: Actions = {
  migrate: async (session, options) => (await import('./actions/migrate.ts')).runMigrate(session, options),
  status: async (session, options) => (await import('./actions/status.ts')).runStatus(session, options),
};
