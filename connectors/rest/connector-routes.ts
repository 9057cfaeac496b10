import { RequestError, type TargetState } from '../worker/herder.ts';
import type { RestContext } from './context.ts';
import { isMissing, missingAs } from './errors.ts';
import { type Answer, accepted, isTrue, noContent, ok, type Route } from './route.ts';

/** What there is and what it does: lists, states, restarts. */
export function connectorRoutes(context: RestContext): Route[] {
  const { herder } = context;
  const target = (word: string, state: TargetState, answer: Answer): Route => ({
    method: 'PUT',
    path: `/connectors/:connector/${word}`,
    answer: async ({ params }) => {
      const name = params['connector']!;
      await missingAs(`Unknown connector ${name}`, herder.setTargetState(name, state));
      return answer;
    },
  });
  return [
    {
      method: 'GET',
      path: '/connectors',
      answer: ({ query }) =>
        ok(query.has('expand') ? expanded(context, query.getAll('expand')) : herder.connectors()),
    },
    {
      method: 'GET',
      path: '/connectors/:connector',
      answer: ({ params }) => ok(herder.info(params['connector']!)),
    },
    {
      method: 'DELETE',
      path: '/connectors/:connector',
      answer: async ({ params }) => {
        await herder.delete(params['connector']!);
        return noContent;
      },
    },
    {
      method: 'GET',
      path: '/connectors/:connector/status',
      answer: ({ params }) => ok(herder.status(params['connector']!)),
    },
    target('pause', 'PAUSED', accepted),
    target('resume', 'STARTED', accepted),
    target('stop', 'STOPPED', noContent),
    {
      method: 'POST',
      path: '/connectors/:connector/restart',
      answer: async (call) => {
        const request = {
          includeTasks: isTrue(call, 'includeTasks'),
          onlyFailed: isTrue(call, 'onlyFailed'),
        };
        const name = call.params['connector']!;
        const status = await missingAs(`Unknown connector: ${name}`, herder.restart(name, request));
        // Without either it restarts the connector alone, and older clients expect nothing of it.
        return request.includeTasks || request.onlyFailed ? { status: 202, body: status } : noContent;
      },
    },
    ...topicRoutes(context),
  ];
}

/** Kafka Connect asks of no connector whether it is there: one that is not has used no topics. */
function topicRoutes({ herder }: RestContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/connectors/:connector/topics',
      answer: ({ params }) => {
        const name = params['connector']!;
        const topics = orMissing(() => herder.activeTopics(name), []);
        if (topics === null) throw new RequestError(403, 'Topic tracking is disabled.');
        return ok({ [name]: { topics } });
      },
    },
    {
      method: 'PUT',
      path: '/connectors/:connector/topics/reset',
      answer: async ({ params }) => {
        await herder.resetActiveTopics(params['connector']!).catch((error: unknown) => {
          if (!isMissing(error)) throw error;
        });
        return accepted;
      },
    },
  ];
}

/**
 * Each connector with the parts that were asked for; a part that nobody knows is left out. A connector without one of them
 * (deleted meanwhile, no status yet) is left out too: Kafka UI fails over an entry with one part of two.
 */
function expanded({ herder }: RestContext, parts: readonly string[]): Record<string, unknown> {
  const entries = herder.connectors().flatMap((name) => {
    const entry = orMissing(
      () => ({
        ...(parts.includes('status') ? { status: herder.status(name) } : {}),
        ...(parts.includes('info') ? { info: herder.info(name) } : {}),
      }),
      null,
    );
    return entry === null ? [] : [[name, entry] as const];
  });
  return Object.fromEntries(entries);
}

/** @param missing in place of what is not there. */
function orMissing<T, M>(read: () => T, missing: M): T | M {
  try {
    return read();
  } catch (error) {
    if (isMissing(error)) return missing;
    throw error;
  }
}
