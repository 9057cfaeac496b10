import type { PlaceholderSources } from '../config/placeholders.ts';
import type { Plugins } from '../plugins.ts';
import type { Herder } from '../worker/herder.ts';
import type { Loggers } from '../worker/loggers.ts';
import type { ForwardRequest } from './forward.ts';

/** What the routes answer from. */
export interface RestContext {
  readonly herder: Herder;
  readonly plugins: Plugins;
  /** The worker's, for connectors that name none. */
  readonly valueConverter: string;
  /** Where validation finds what placeholders stand for; left out: of values with placeholders it says nothing. */
  readonly placeholders?: PlaceholderSources;
  readonly loggers: Loggers;
  readonly forward: ForwardRequest;
  /** As Kafka's, three numbers: clients switch features on by it. */
  readonly version: string;
  /** Ours. */
  readonly commit: string;
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}
