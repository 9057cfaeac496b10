import type { TaskContext } from '../../connector.ts';
import type { ConnectError } from '../../errors.ts';
import type { Turns } from '../turns.ts';
import type { Publisher } from './publisher.ts';
import type { SourceLetters } from './source-letters.ts';
import type { SourceDefinition, SourceWorld } from './source-world.ts';

/** What one task's steps share. */
export interface TaskRun extends SourceWorld {
  /** `group.id` of the workers; of a migration, its name. */
  readonly group: string;
  readonly definition: SourceDefinition;
  readonly task: number;
  /** Number of the epoch that a table should be in. */
  epoch(table: string): number;
  /** Fences this connector's other tasks, once: whatever they publish from now on, they have begun anew for (rule C3). */
  fenceOthers(): Promise<void>;
  readonly publisher: Publisher;
  readonly letters: SourceLetters;
  /** Polls that may bring much at a time. */
  readonly turns: Turns;
  /** Data files that are open at a time, over all tables: each holds buffers. */
  readonly files: Turns;
  /** Sweeps at a time, over all tables (rule C11). */
  readonly sweeps: Turns;
  readonly context: TaskContext;
  readonly report: TaskReport;
}

/** What a task tells of its tables while it runs; becomes visible in the status topic. */
export interface TaskReport {
  /** A table cannot go on (or can again: null). */
  fault(table: string, error: ConnectError | null): void;
  /** How to ask up to when (ms server time) every change of the task's share is published; null: not known. */
  readTo(table: string, ask: () => number | null): void;
  /** Words for people: what the table waits for. */
  phase(table: string, phase: string): void;
}
