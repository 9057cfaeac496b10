import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';

/** Kafka's names of levels (Log4j), by pino's. */
const kafkaLevels: Readonly<Record<string, string>> = {
  trace: 'TRACE',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  fatal: 'FATAL',
  silent: 'OFF',
};

const pinoLevels = new Map(Object.entries(kafkaLevels).map(([pino, kafka]) => [kafka, pino]));

/** As REST shows it. `last_modified`: ms since the epoch; null: it never was. */
export interface LoggerLevel {
  readonly level: string;
  readonly last_modified: number | null;
}

interface Known {
  /** pino's name. */
  level: string;
  lastModified: number | null;
  /** Those that log under this name now; a task that is gone must not be kept by them. */
  readonly loggers: Set<WeakRef<Logger>>;
}

const ROOT = 'root';

/**
 * The loggers of a worker by name: `root`, and `connector/<name>` for each connector, whose tasks log under it too. A level
 * changes at once for all who log under a name, and for all names below it (`connector` is above `connector/music`).
 */
export class Loggers {
  readonly #root: Logger;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  readonly #listeners = new Set<(name: string, level: string) => void>();

  constructor(root: Logger, clock: Clock) {
    this.#root = root;
    this.#clock = clock;
    this.#known.set(ROOT, { level: root.level, lastModified: null, loggers: new Set([new WeakRef(root)]) });
  }

  /** A logger of this name. A child made of it keeps the level of that moment: make each with this. */
  logger(name: string, bindings: Readonly<Record<string, unknown>>): Logger {
    const known = this.#named(name);
    const logger = this.#root.child(bindings, { level: known.level });
    for (const reference of known.loggers)
      if (reference.deref() === undefined) known.loggers.delete(reference);
    known.loggers.add(new WeakRef(logger));
    return logger;
  }

  /** Every name, sorted, with its level. */
  levels(): Readonly<Record<string, LoggerLevel>> {
    const names = [...this.#known.keys()].sort();
    return Object.fromEntries(names.map((name) => [name, this.level(name)!]));
  }

  /** Null: nobody logs under this name, and no level was set for it. */
  level(name: string): LoggerLevel | null {
    const known = this.#known.get(name);
    if (known === undefined) return null;
    return { level: kafkaLevels[known.level] ?? 'INFO', last_modified: known.lastModified };
  }

  /**
   * Sets the level of a name and of all below it; `root` is above all. A name that nobody logs under is kept for those who will.
   *
   * @param level one of Kafka's names, in any case
   * @returns the names whose level it set, sorted; null: there is no such level
   */
  setLevel(name: string, level: string): readonly string[] | null {
    const pino = pinoLevels.get(level.toUpperCase());
    if (pino === undefined) return null;
    this.#named(name);
    const names = [...this.#known.keys()].filter((other) => isWithin(other, name)).sort();
    for (const each of names) this.#set(this.#known.get(each)!, pino);
    for (const listener of this.#listeners) listener(name, level);
    return names;
  }

  /** Hears of each level that is set, with the name it was set for. @returns how to stop listening. */
  subscribe(listener: (name: string, level: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #set(known: Known, level: string): void {
    known.level = level;
    known.lastModified = this.#clock.now();
    for (const reference of known.loggers) {
      const logger = reference.deref();
      if (logger === undefined) known.loggers.delete(reference);
      else logger.level = level;
    }
  }

  #named(name: string): Known {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const made: Known = { level: this.#levelAbove(name), lastModified: null, loggers: new Set() };
    this.#known.set(name, made);
    return made;
  }

  /** Level of the nearest name above. */
  #levelAbove(name: string): string {
    const end = name.lastIndexOf('/');
    const above = end < 0 ? ROOT : name.slice(0, end);
    return this.#known.get(above)?.level ?? this.#levelAbove(above);
  }
}

/** Whether a level is one, in any case. */
export const isLogLevel = (level: string): boolean => pinoLevels.has(level.toUpperCase());

const isWithin = (name: string, above: string): boolean =>
  above === ROOT || name === above || name.startsWith(`${above}/`);
