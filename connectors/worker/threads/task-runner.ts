import type { FlatConfig } from '../../config/flat/flat-config.ts';
import type { ConnectError } from '../../errors.ts';

/** A task to run: everything that whoever runs it must know. */
export interface TaskOrder {
  readonly connector: string;
  readonly task: number;
  /** How many tasks the connector has. */
  readonly tasks: number;
  /** Of the task, placeholders unresolved. */
  readonly config: FlatConfig;
}

export const taskKey = ({ connector, task }: Pick<TaskOrder, 'connector' | 'task'>): string =>
  `${connector}-${task}`;

/** Runs tasks: in this thread, or in others. A task is known by its {@link taskKey}. */
export interface TaskRunner extends AsyncDisposable {
  /** Begins to run a task; what goes wrong shows in {@link errors}. */
  start(order: TaskOrder): void;
  /** Resolves when nothing of the task is in flight any more, or the time for stopping has run out. */
  stop(key: string): Promise<void>;
  /** What keeps a task from going on: by table; under '' where it could not start. Empty: it runs. */
  errors(key: string): ReadonlyMap<string, ConnectError>;
}
