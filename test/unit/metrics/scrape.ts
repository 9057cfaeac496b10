export interface ShownSeries {
  readonly name: string;
  /** The metric that it is a part of: of a histogram’s buckets, the histogram. */
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Types of the metrics of a scrape, by name; throws where one is told of twice. */
export function typesOf(text: string): Record<string, string> {
  const types: Record<string, string> = {};
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    if (name in types) throw new Error(`${name} is told of twice`);
    types[name] = type;
  }
  return types;
}

/** The series of a scrape; throws where one is there twice, which Prometheus refuses. */
export function seriesOf(text: string): ShownSeries[] {
  const types = typesOf(text);
  const seen = new Set<string>();
  return [...text.matchAll(/^([a-z_]+)(?:\{(.*)\})? (\S+)$/gm)].map(
    ([, name = '', labelText = '', value]) => {
      const labels = Object.fromEntries(
        [...labelText.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label, text]),
      );
      const id = JSON.stringify([name, Object.entries(labels).sort()]);
      if (seen.has(id)) throw new Error(`${id} is there twice`);
      seen.add(id);
      const metric = name in types ? name : name.replace(/_(bucket|sum|count)$/, '');
      return { name, metric, labels, value: Number(value) };
    },
  );
}
