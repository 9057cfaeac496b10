import { Counter, Gauge, Registry } from 'prom-client';
import type { Definitions, MetricDefinition } from './definition.ts';
import type { DurationCounts } from './metrics.ts';

export type Labels = Readonly<Record<string, string | number>>;

interface Series {
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly value: number;
  /** Where it is not the metric's: of a histogram's parts. */
  readonly metricName?: string;
}

/** A metric's values as prom-client merges them: plain objects, which threads can send to each other. */
export interface MetricSnapshot {
  readonly name: string;
  readonly help: string;
  readonly type: MetricDefinition['type'];
  readonly aggregator: 'sum';
  readonly values: readonly Series[];
}

type NamesOf<D extends Definitions, T extends MetricDefinition['type']> = Extract<
  { [N in keyof D]: D[N]['type'] extends T ? N : never }[keyof D],
  string
>;

/** The metrics of one part of a process, made from their definitions. */
export class Instruments<D extends Definitions> {
  readonly #definitions: D;
  readonly #labels: Labels;
  readonly #registry = new Registry();
  readonly #histograms: (() => MetricSnapshot)[] = [];

  /** @param labels that all of its series have. */
  constructor(definitions: D, labels: Labels = {}) {
    this.#definitions = definitions;
    this.#labels = labels;
    this.#registry.setDefaultLabels(labels);
  }

  counter(name: NamesOf<D, 'counter'>): Counter {
    return new Counter({ ...this.#settings(name), registers: [this.#registry] });
  }

  /** Without labels, asked at each scrape. */
  asked(name: NamesOf<D, 'gauge'>, ask: () => number): void {
    this.listed(name, () => [[{}, ask()]]);
  }

  /** Its series are asked for at each scrape: what is not named any more is gone. */
  listed(name: NamesOf<D, 'gauge'>, ask: () => Iterable<readonly [Labels, number]>): void {
    new Gauge({
      ...this.#settings(name),
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [labels, value] of ask()) this.set(labels, value);
      },
    });
  }

  /** A counter whose values are kept elsewhere, asked at each scrape. */
  counted(name: NamesOf<D, 'counter'>, ask: () => number): void {
    new Counter({
      ...this.#settings(name),
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(ask());
      },
    });
  }

  /** Durations that are counted elsewhere, shown in seconds. */
  durations(name: NamesOf<D, 'histogram'>, ask: () => Iterable<readonly [Labels, DurationCounts]>): void {
    const { help } = this.#settings(name);
    this.#histograms.push(() => {
      const values = [...ask()].flatMap(([labels, durations]) =>
        bucketsOf(name, { ...this.#labels, ...labels }, durations),
      );
      return { name, help, type: 'histogram', aggregator: 'sum', values };
    });
  }

  async snapshot(): Promise<MetricSnapshot[]> {
    const found = await this.#registry.getMetricsAsJSON();
    const metrics = found.map(({ name, help, values }): MetricSnapshot => {
      return { name, help, type: this.#definitions[name]!.type, aggregator: 'sum', values };
    });
    return [...metrics, ...this.#histograms.map((make) => make())];
  }

  #settings(name: string) {
    const { help, labels } = this.#definitions[name]!;
    return { name, help, labelNames: [...labels] };
  }
}

/** As prom-client gives the series of its own histograms. */
function bucketsOf(name: string, labels: Labels, { boundsMs, counts, sumMs }: DurationCounts): Series[] {
  let count = 0;
  const buckets = counts.map((inBucket, i) => {
    count += inBucket;
    const bound = boundsMs[i];
    const le = bound === undefined ? '+Inf' : bound / 1000;
    return { labels: { ...labels, le }, value: count, metricName: `${name}_bucket` };
  });
  return [
    ...buckets,
    { labels, value: sumMs / 1000, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ];
}
