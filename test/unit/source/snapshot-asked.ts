import type { SnapshotAsked } from '../../../connectors/connector.ts';

/** What a first call asks for; what it notes is not kept. */
export const asked = (notBeforeMs: number | null = null): SnapshotAsked => ({
  notBeforeMs,
  noted: null,
  note: async () => {},
});
