import { configKeysOf } from '../config/plugin-keys.ts';
import { RequestError } from '../worker/herder.ts';
import { connectorOf, simpleName } from '../worker/plugins.ts';
import { configText, sentConfig } from './body.ts';
import type { RestContext } from './context.ts';
import { mayForward, peerWith } from './forward.ts';
import { peersInfos, pluginInfos, pluginOf, unknownClass } from './plugin-list.ts';
import { type Answer, type Call, ok, type Route } from './route.ts';
import { infosBody, keyBody, validated } from './validation.ts';

/** What can be configured, and whether a configuration would do; nothing is asked of any network, but of peers. */
export function pluginRoutes(context: RestContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/connector-plugins',
      answer: async ({ query }) => {
        const { plugins, version } = context;
        const connectorsOnly = (query.get('connectorsOnly') ?? 'true').toLowerCase() === 'true';
        return ok([...pluginInfos(plugins, version, connectorsOnly), ...(await peersInfos(context))]);
      },
    },
    { method: 'GET', path: '/connector-plugins/:plugin/config', answer: (call) => keys(context, call) },
    {
      method: 'PUT',
      path: '/connector-plugins/:plugin/config/validate',
      answer: (call) => validate(context, call),
    },
  ];
}

async function keys(context: RestContext, call: Call): Promise<Answer> {
  const name = call.params['plugin']!;
  const plugin = pluginOf(context.plugins, name);
  if (plugin !== null) return ok(configKeysOf(plugin).map(keyBody));
  const peer = mayForward(call) ? await peerWith(name, () => context.herder.peers()) : null;
  if (peer === null) throw new RequestError(404, `Unknown plugin ${name}.`);
  return context.forward(peer, call);
}

async function validate(context: RestContext, call: Call): Promise<Answer> {
  const requested = call.params['plugin']!;
  const config = sentConfig(configText(call.text));
  const className = config['connector.class'];
  if (className === undefined || className === null) {
    throw new RequestError(400, 'Connector config contains no connector type: give it a connector.class');
  }
  if (simpleName(className) !== simpleName(requested)) {
    throw new RequestError(
      400,
      `Included connector type ${className} does not match request type ${requested}`,
    );
  }
  if (connectorOf(context.plugins, className) === null) {
    const peer = mayForward(call) ? await peerWith(className, () => context.herder.peers()) : null;
    if (peer === null) throw await unknownClass(className, context);
    return context.forward(peer, call);
  }
  return ok(infosBody(validated(className, config, context)));
}
