import type { ConfiguredPlugin } from '../../connectors/config/plugin-keys.ts';

/** What a plugin says of itself in a sentence; empty: nothing. */
export const summaryOf = (plugin: ConfiguredPlugin): string =>
  ('plugin' in plugin ? plugin.plugin.summary : plugin.summary) ?? '';
