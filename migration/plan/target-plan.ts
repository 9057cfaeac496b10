import type { TableFacts } from '../../connectors/catalog-records.ts';
import type { createTableInput } from '../../dynamodb/table-changes.ts';

/** What becomes of a table in the target. */
export interface TargetPlan {
  /** Its name there. */
  readonly table: string;
  /** Null: not known, because nobody answers. */
  readonly exists: boolean | null;
  /** The CreateTable request; null: the table is there, or is not to be created, or the target is CQL. */
  readonly create: ReturnType<typeof createTableInput> | null;
  /** CQL: the statements that are executed, in their order. Of a table that exists they change settings for the migration. */
  readonly statements: readonly string[];
  /** Rule C10: put in place at cutover. */
  readonly atCutover: { readonly globalIndexes: readonly string[]; readonly ttlAttribute: string | null };
}

/** A target that is looked at. */
export interface OpenTarget extends AsyncDisposable {
  plan(facts: TableFacts): Promise<TargetPlan>;
  clockSkewMs(): Promise<number | null>;
}

/** How the targets of one language are looked at. */
export interface TargetOpener {
  /** What is known of a table without an answer. */
  unseen(facts: TableFacts): TargetPlan;
  /** Null: nobody answers, which is a problem now. */
  open(): Promise<OpenTarget | null>;
}
