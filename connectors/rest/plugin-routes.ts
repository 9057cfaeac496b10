import { configKeysOf } from '../config/plugin-keys.ts';
import { connectorOf, simpleName } from '../plugins.ts';
import { RequestError } from '../worker/herder.ts';
import { configText, sentConfig } from './body.ts';
import type { RestContext } from './context.ts';
import { peersWith } from './forward.ts';
import {
  headerConverter,
  type PluginInfo,
  peersInfos,
  pluginInfos,
  pluginOf,
  unknownClass,
} from './plugin-list.ts';
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
        const connectorsOnly = (query.get('connectorsOnly') || 'true').toLowerCase() === 'true';
        const headers: PluginInfo = { class: headerConverter, type: 'header_converter', version };
        return ok([
          ...pluginInfos(plugins, version, connectorsOnly),
          ...(connectorsOnly ? [] : [headers]),
          ...(await peersInfos(context)),
        ]);
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
  if (simpleName(name) === headerConverter) return ok([]);
  const peers = await peersWith(name, call, () => context.herder.peers());
  if (peers.length === 0) throw new RequestError(404, `Unknown plugin ${name}.`);
  return context.forward(peers, call);
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
    const peers = await peersWith(className, call, () => context.herder.peers());
    if (peers.length === 0) throw await unknownClass(className, context);
    return context.forward(peers, call);
  }
  return ok(infosBody(validated(className, config, context)));
}
