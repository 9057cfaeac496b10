import type { Plugins } from '../plugins.ts';

/** Apache Kafka's class that stands for a converter of ours. */
const ofApache: Readonly<Record<string, string>> = {
  'org.apache.kafka.connect.json.JsonConverter': 'JsonConverter',
};

/** The name of the converter that a class name means; null: there is none. */
export function converterOf(plugins: Pick<Plugins, 'converters'>, className: string): string | null {
  const name = ofApache[className] ?? className;
  return plugins.converters.some((converter) => converter.name === name) ? name : null;
}

/** Says that there is no such converter, as Kafka does of a class, and which there are. */
export function noConverter(plugins: Pick<Plugins, 'converters'>, className: string): string {
  const names = plugins.converters.map(({ name }) => name).join(', ');
  const isConfluent = className.startsWith('io.confluent.');
  const reason = isConfluent ? ' Records carry no id of a schema registry.' : '';
  return `Class ${className} could not be found.${reason} One of: ${names}`;
}
