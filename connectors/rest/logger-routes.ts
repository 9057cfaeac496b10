import { RequestError } from '../worker/herder.ts';
import { isLogLevel } from '../worker/loggers.ts';
import { objectBody } from './body.ts';
import type { RestContext } from './context.ts';
import { type Answer, type Call, noContent, ok, type Route } from './route.ts';

/** How much is logged, by logger; a name may hold slashes: `connector/music-changes`. */
export function loggerRoutes(context: RestContext): Route[] {
  const { loggers } = context;
  return [
    { method: 'GET', path: '/admin/loggers', answer: () => ok(loggers.levels()) },
    {
      method: 'GET',
      path: '/admin/loggers/*',
      answer: (call) => {
        const name = loggerName(call);
        const level = loggers.level(name);
        if (level === null) throw new RequestError(404, `Logger ${name} not found.`);
        return ok(level);
      },
    },
    { method: 'PUT', path: '/admin/loggers/*', answer: (call) => setLevel(context, call) },
  ];
}

async function setLevel({ herder, loggers }: RestContext, call: Call): Promise<Answer> {
  const { level } = objectBody(call.text);
  if (level === undefined || level === null) {
    throw new RequestError(400, "Desired 'level' parameter was not specified in request.");
  }
  const invalid = new RequestError(404, `invalid log level '${String(level)}'.`);
  if (typeof level !== 'string' || !isLogLevel(level)) throw invalid;
  const name = loggerName(call);
  // Any other scope is the worker's, as in Kafka Connect.
  if (call.query.get('scope')?.toLowerCase() === 'cluster') {
    await herder.setClusterLogLevel(name, level.toUpperCase());
    return noContent;
  }
  return ok(loggers.setLevel(name, level));
}

const loggerName = ({ params }: Call): string => params['*']!.replace(/\/$/, '');
