import type { FlatConfig } from '../config/flat/flat-config.ts';
import { connectorOf } from '../plugins.ts';
import { type InitialState, RequestError } from '../worker/herder.ts';
import { configText, refuseOtherFields, type SentConfig, sentConfig } from './body.ts';
import type { RestContext } from './context.ts';
import { peersWith } from './forward.ts';
import { unknownClass } from './plugin-list.ts';
import { type Answer, type Call, locationOf, ok, type Route } from './route.ts';
import { refuseInvalid, validated } from './validation.ts';

/** How connectors come to be and change. All of a configuration is checked before any of it is stored. */
export function configRoutes(context: RestContext): Route[] {
  const { herder } = context;
  const path = '/connectors/:connector/config';
  return [
    { method: 'POST', path: '/connectors', answer: (call) => create(context, call) },
    { method: 'GET', path, answer: ({ params }) => ok(herder.info(params['connector']!).config) },
    { method: 'PUT', path, answer: (call) => put(context, call) },
    { method: 'PATCH', path, answer: (call) => patch(context, call) },
  ];
}

async function create(context: RestContext, call: Call): Promise<Answer> {
  const body = configText(call.text);
  refuseOtherFields(body, ['name', 'config', 'initial_state']);
  const sentName = body['name'] ?? '';
  if (typeof sentName !== 'string') throw new RequestError(400, 'The name has to be a text');
  const name = sentName.trim();
  const config = named(name, sentConfig(body['config']));
  const initialState = initialStateOf(body['initial_state'] ?? 'RUNNING');
  return whereItRuns(context, call, config, async (valid) => {
    const created = await context.herder.create(name, valid, initialState);
    return { status: 201, body: created, location: locationOf(call, name) };
  });
}

async function put(context: RestContext, call: Call): Promise<Answer> {
  const name = call.params['connector']!;
  const config = named(name, sentConfig(configText(call.text)));
  return whereItRuns(context, call, config, async (valid) => {
    const { info, created } = await context.herder.putConfig(name, valid);
    return created ? { status: 201, body: info, location: locationOf(call, name) } : ok(info);
  });
}

async function patch(context: RestContext, call: Call): Promise<Answer> {
  const name = call.params['connector']!;
  const changes = sentConfig(configText(call.text));
  const kept = Object.entries({ ...context.herder.info(name).config, ...changes });
  const config = named(name, Object.fromEntries(kept.filter(([, value]) => value !== null)));
  // What is stored is the patch, not what it gives here: another one may have come in between.
  return whereItRuns(context, call, config, async () => ok(await context.herder.patchConfig(name, changes)));
}

/** Checks a configuration here where its class is known here, or lets a worker do all of it that knows the class. */
async function whereItRuns(
  context: RestContext,
  call: Call,
  config: SentConfig,
  store: (valid: FlatConfig) => Promise<Answer>,
): Promise<Answer> {
  const { herder, plugins } = context;
  const className = config['connector.class'];
  if (className === undefined || className === null) {
    throw new RequestError(400, 'Connector config contains no connector type: give it a connector.class');
  }
  if (connectorOf(plugins, className) === null) {
    const peers = await peersWith(className, call, () => herder.peers());
    if (peers.length === 0) throw await unknownClass(className, context);
    const answer = await context.forward(peers, call);
    // Whoever asked here asks here again.
    await herder.caughtUp();
    return answer;
  }
  refuseInvalid(validated(className, config, context));
  // A valid one holds no null.
  return store(config as FlatConfig);
}

/** The configuration with the connector's name; throws where it has another. A null is none, as in Kafka Connect. */
function named(name: string, config: SentConfig): SentConfig {
  const own = config['name'] ?? name;
  if (own !== name) {
    throw new RequestError(
      400,
      `Connector name configuration (${own}) doesn't match connector name in the URL (${name})`,
    );
  }
  return { ...config, name };
}

function initialStateOf(sent: unknown): InitialState {
  const state = typeof sent === 'string' ? sent.toUpperCase() : '';
  if (state === 'RUNNING' || state === 'PAUSED' || state === 'STOPPED') return state;
  throw new RequestError(400, 'The initial_state has to be one of RUNNING, PAUSED, STOPPED');
}
