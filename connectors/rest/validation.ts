import type { ConfigInfo, ConfigInfos, ConfigKeyInfo } from '../config/config-infos.ts';
import type { FlatConfig } from '../config/flat/flat-config.ts';
import { invalidMessage, validateConnector } from '../config/validate.ts';
import { RequestError } from '../worker/herder.ts';
import type { SentConfig } from './body.ts';
import type { RestContext } from './context.ts';

const nullError = 'Null value can not be supplied as the configuration value.';

/** Validates a configuration as it was sent, without any network. A null is an error of its key, as in Kafka Connect. */
export function validated(className: string, sent: SentConfig, context: RestContext): ConfigInfos {
  const { plugins, valueConverter, placeholders } = context;
  const worker = { valueConverter, ...(placeholders === undefined ? {} : { placeholders }) };
  const infos = validateConnector(className, withoutNulls(sent), plugins, worker);
  const nulls = Object.keys(sent).filter((key) => sent[key] === null);
  return nulls.reduce(withNull, infos);
}

const withoutNulls = (sent: SentConfig): FlatConfig =>
  Object.fromEntries(Object.entries(sent).filter((entry): entry is [string, string] => entry[1] !== null));

function withNull(infos: ConfigInfos, key: string): ConfigInfos {
  const isKnown = infos.configs.some(({ value }) => value.name === key);
  const refused = (info: ConfigInfo): ConfigInfo => ({
    ...info,
    value: { ...info.value, value: null, errors: [...info.value.errors, nullError] },
  });
  const unknown: ConfigInfo = {
    definition: null,
    value: { name: key, value: null, recommended_values: [], errors: [nullError], visible: true },
  };
  return {
    ...infos,
    error_count: infos.error_count + 1,
    configs: isKnown
      ? infos.configs.map((info) => (info.value.name === key ? refused(info) : info))
      : [...infos.configs, unknown],
  };
}

/** Throws 400 with every error where there is one. */
export function refuseInvalid(infos: ConfigInfos): void {
  if (infos.error_count > 0) throw new RequestError(400, invalidMessage(infos));
}

export function infosBody(infos: ConfigInfos): unknown {
  return {
    ...infos,
    configs: infos.configs.map(({ definition, value }) => ({
      definition: definition === null ? null : keyBody(definition),
      value,
    })),
  };
}

/** A key's place has another name since Kafka 4: it is sent under both. */
export const keyBody = (key: ConfigKeyInfo): unknown => ({ ...key, order_in_group: key.order });
