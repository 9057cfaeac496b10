import { RequestError } from '../worker/herder.ts';
import type { RestContext } from './context.ts';
import { missingAs, refusal } from './errors.ts';
import { type Call, noContent, ok, type Route } from './route.ts';

/** The tasks of a connector. */
export function taskRoutes({ herder }: RestContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/connectors/:connector/tasks',
      answer: ({ params }) => ok(herder.tasks(params['connector']!)),
    },
    {
      // Deprecated since Kafka 2.8 and gone in 4.0; some clients still ask.
      method: 'GET',
      path: '/connectors/:connector/tasks-config',
      answer: ({ params }) => {
        const tasks = herder.tasks(params['connector']!);
        return ok(Object.fromEntries(tasks.map(({ id, config }) => [`${id.connector}-${id.task}`, config])));
      },
    },
    {
      method: 'GET',
      path: '/connectors/:connector/tasks/:task/status',
      answer: (call) => {
        const { connector, task } = taskOf(call);
        const missing = new RequestError(404, `No status found for task ${connector}-${task}`);
        if (!herder.connectors().includes(connector)) throw missing;
        const found = herder.status(connector).tasks.find(({ id }) => id === task);
        if (found === undefined) throw missing;
        return ok(found);
      },
    },
    {
      method: 'POST',
      path: '/connectors/:connector/tasks/:task/restart',
      answer: async (call) => {
        const { connector, task } = taskOf(call);
        const unknown = herder.connectors().includes(connector)
          ? `Unknown task: ${connector}-${task}`
          : `Unknown connector: ${connector}`;
        await missingAs(unknown, herder.restartTask(connector, task));
        return noContent;
      },
    },
  ];
}

function taskOf({ params }: Call): { connector: string; task: number } {
  const text = params['task']!;
  // A path that is no number is none that there is.
  if (!/^\d{1,9}$/.test(text)) throw new RequestError(404, refusal(404).body.message);
  return { connector: params['connector']!, task: Number(text) };
}
