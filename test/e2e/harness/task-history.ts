import { KeyedLog } from '../../../connectors/kafka/keyed-log.ts';
import type { TestServices } from '../../services.ts';
import { kafkaClient } from '../kafka-testing.ts';

/** What a status record says of a task. */
export interface TaskState {
  readonly state: string;
  readonly worker_id: string;
}

/** Who ran which task, from the status topic: workers write a record for each start, end and change of one. */
export interface TaskHistory extends AsyncDisposable {
  /** The tasks as they are now, by `<connector>-<task>`. */
  now(): Promise<ReadonlyMap<string, TaskState>>;
  /** Tasks of which a record was written since `mark` was called last, sorted. */
  touched(): Promise<readonly string[]>;
  mark(): Promise<void>;
}

const taskKey = /^status-task-(.+)$/;

/** The group's status topic must be there. */
export async function taskHistory({ name, kafka }: TestServices): Promise<TaskHistory> {
  const client = kafkaClient(kafka.bootstrap);
  const log = await KeyedLog.open(client, `${name}-status`);
  const touched = new Set<string>();
  log.subscribe((key) => {
    const task = taskKey.exec(key)?.[1];
    if (task !== undefined) touched.add(task);
  });
  return {
    now: async () => {
      await log.readToEnd();
      const states = new Map<string, TaskState>();
      for (const [key, value] of log.entries()) {
        const task = taskKey.exec(key)?.[1];
        if (task !== undefined) states.set(task, JSON.parse(value) as TaskState);
      }
      return states;
    },
    touched: async () => {
      await log.readToEnd();
      return [...touched].sort();
    },
    mark: async () => {
      await log.readToEnd();
      touched.clear();
    },
    [Symbol.asyncDispose]: async () => {
      await log.close();
      await client.close();
    },
  };
}
