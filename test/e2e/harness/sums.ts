import { expect } from 'vitest';
import { messinaJson } from './messina.ts';

interface Outcomes {
  readonly published: number;
  readonly written: number;
  readonly superseded: number;
  readonly filtered: number;
  readonly deadLettered: number;
}

/** The parts of `status --json` that tests look at. */
export interface Status {
  readonly phase: string;
  readonly ready: boolean;
  readonly tables: readonly {
    readonly table: string;
    readonly phase: string;
    readonly coverage: { readonly proven: boolean };
    readonly snapshot: Outcomes & { readonly files: number; readonly filesPublished: number };
    readonly changes: Outcomes & {
      readonly byOperation: { readonly c: number; readonly u: number; readonly d: number };
      readonly lagRecords: number;
      readonly lagSeconds: number | null;
    };
    readonly lastError: { readonly code: string; readonly message: string } | null;
  }[];
}

export const statusOf = (file: string): Promise<Status> => messinaJson<Status>('status', file);

/** Rule C9: caught up, every published record ended in exactly one outcome. */
export async function expectSums(file: string): Promise<Status> {
  const status = await statusOf(file);
  for (const { table, snapshot, changes } of status.tables) {
    for (const [kind, one] of Object.entries({ snapshot, changes })) {
      const sum = one.written + one.superseded + one.filtered + one.deadLettered;
      expect({ table, kind, published: one.published }).toEqual({ table, kind, published: sum });
    }
  }
  return status;
}
