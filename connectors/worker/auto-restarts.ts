import type { Clock } from '../clock.ts';
import type { FlatConfig } from '../config/flat/flat-config.ts';
import type { ErrorSettings } from '../config/settings.ts';
import { AutoRestart } from './auto-restart.ts';
import { type ConfigScope, settingsOf } from './config-scope.ts';
import type { ConfigStore } from './state/config-store.ts';

interface Known {
  readonly config: FlatConfig;
  /** Null: the configuration cannot be read. */
  readonly restart: AutoRestart | null;
}

/** What each connector of a worker group says of its restarts, and how it has fared. */
export class AutoRestarts {
  readonly #store: Pick<ConfigStore, 'get'>;
  readonly #scope: ConfigScope;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(store: Pick<ConfigStore, 'get'>, scope: ConfigScope, clock: Clock) {
    this.#store = store;
    this.#scope = scope;
    this.#clock = clock;
  }

  /** Null: what fails stays failed. */
  of(connector: string): AutoRestart | null {
    const config = this.#store.get(connector)?.config;
    if (config === undefined) {
      this.#known.delete(connector);
      return null;
    }
    let known = this.#known.get(connector);
    // A configuration that was changed begins with a clean slate.
    if (known?.config !== config && JSON.stringify(known?.config) !== JSON.stringify(config)) {
      const errors = this.#errorSettings(config);
      known = { config, restart: errors && new AutoRestart(errors, this.#clock) };
      this.#known.set(connector, known);
    }
    return known?.restart ?? null;
  }

  #errorSettings(config: FlatConfig): ErrorSettings | null {
    try {
      return settingsOf(config, this.#scope).errors;
    } catch {
      // What cannot be read is told where it is started.
      return null;
    }
  }
}
