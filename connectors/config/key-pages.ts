import type { z } from 'zod';
import type { ConnectorPlugin } from '../plugins.ts';
import { commonKeys, sinkKeys, sourceKeys } from './connector-keys.ts';
import type { FlatKey } from './flat/flat.ts';
import { flatKeysOf } from './flat/flat-keys.ts';
import { workerSections } from './worker/worker-keys.ts';

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '\\<');

function rowOf(key: FlatKey): string {
  const name = `\`${key.key}${key.isPrefix ? '<name>' : ''}\``;
  const words = key.values.filter((word) => word !== '').map((word) => `\`${word}\``);
  const type = key.type.toLowerCase() + (words.length > 0 ? `: ${words.join(' ')}` : '');
  const isShown = key.defaultValue !== null && key.defaultValue !== '';
  const fallback = key.required ? 'required' : isShown ? `\`${key.defaultValue}\`` : '';
  return `| ${name} | ${type} | ${fallback} | ${cell(key.documentation)} |`;
}

const section = (title: string, text: string, schema: z.ZodType) =>
  `## ${title}\n\n${text === '' ? '' : `${text}\n\n`}| key | type | default | meaning |\n|---|---|---|---|\n${flatKeysOf(schema).map(rowOf).join('\n')}\n`;

const workerHead = `# The configuration of a worker

<!-- Made from connectors/config/worker/worker-keys.ts; UPDATE_PAGES=1 npx vitest run test/unit/config writes it anew. -->

\`messina source FILE\` and \`messina sink FILE\` read it from \`.properties\`, \`.yaml\` or \`.json\`; keys of nested mappings are joined
with dots. Variables \`CONNECT_…\` of the environment come over the file, or stand in its place: small letters, \`_\` is a dot
(\`CONNECT_BOOTSTRAP_SERVERS\` is \`bootstrap.servers\`), \`__\` an underscore, \`___\` a hyphen; an empty one says nothing.
Blanks at the ends of a value do not count, and an optional key that stands there empty is as good as left out; only a secret is not.

Any value may hold \`\${env:NAME}\`, \`\${file:/path:key}\`, \`\${file:/path}\` or \`\${directory:/path:file}\`. Relative paths count from the
folder of the file. Wrong values are refused before anything starts; keys that are not known are a warning, and those of Kafka
Connect that change nothing here pass.

A list has commas between its elements; one whose elements hold commas is JSON text.

TLS takes PEM alone, as text or as a file; a store of another format is converted once:
\`openssl pkcs12 -in store.p12 -nodes -out store.pem\`. An https listener takes \`listeners.https.ssl.…\`, or \`ssl.…\` where there is no
certificate of its own. A listener elsewhere than on loopback, with neither token nor TLS, is open to everyone: the worker says so.
`;

/** The reference of a worker's configuration: the text of docs/worker-configuration.md. */
export function workerReference(): string {
  const sections = Object.entries(workerSections).map(([title, schema]) => section(title, '', schema));
  return `${workerHead}\n${sections.join('\n')}`;
}

const connectorHead = `# The configuration of a connector

<!-- Made from the options of each connector; UPDATE_PAGES=1 npx vitest run test/unit/config writes it anew. -->

A connector's configuration is a flat object of texts, as Kafka Connect has it. A list has commas between its elements; one whose
elements hold commas is JSON text. \`<name>\` stands for a name of your own, such as a table's, as it is, dots included.
Placeholders (\`\${env:NAME}\`, \`\${file:/path:key}\`, \`\${directory:/path:file}\`) stay in the stored configuration and are filled where a
task starts; not in \`name\`, \`connector.class\`, \`topic.prefix\`, \`topic.names.…\`, \`topic.creation.…\`, \`transforms\` and
\`predicates\`, which must be the same on every worker. Keys that are not known are ignored, with a warning in the log.

A sink's \`transforms\` names transforms; each has \`transforms.<name>.type\`, its options, and \`.predicate\` and \`.negate\`. Sources
have none: the topics keep the lossless original. What the transforms do: [transforms.md](transforms.md).
`;

/** The reference of all connectors: the text of docs/connector-reference.md. */
export function connectorReference(connectors: readonly ConnectorPlugin[]): string {
  return [
    connectorHead,
    section('Every connector', '', commonKeys),
    section('Every source', '', sourceKeys),
    section('Every sink', '', sinkKeys),
    ...connectors.map(({ plugin }) => section(plugin.name, plugin.summary, plugin.options)),
  ].join('\n');
}
