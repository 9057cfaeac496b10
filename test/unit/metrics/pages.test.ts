import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { allMetrics, metricsPage } from '../../../connectors/metrics/reference.ts';

const docs = (path: string) => new URL(`../../../docs/${path}`, import.meta.url);

// UPDATE_PAGES=1 writes it anew.
test('docs/metrics.md is what the definitions give', () => {
  const page = docs('metrics.md');
  if (process.env['UPDATE_PAGES'] === '1') writeFileSync(page, metricsPage());
  expect(readFileSync(page, 'utf8')).toBe(metricsPage());
});

test('names and labels are such as Prometheus takes, and a name’s end fits its type', () => {
  for (const [name, { type, labels }] of Object.entries(allMetrics())) {
    expect([name, ...labels].filter((one) => !/^[a-z][a-z_]*$/.test(one))).toEqual([]);
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
  }
});

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}

const dashboard = JSON.parse(readFileSync(docs('grafana/messina.json'), 'utf8')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
};
const rules = parse(readFileSync(docs('grafana/alerts.yaml'), 'utf8')) as {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly annotations: Readonly<Record<string, string>>;
    }[];
  }[];
};
const alerts = rules.groups.flatMap((group) => group.rules);

/** Labels that Prometheus adds, or all tasks have. */
const common = ['connector', 'task', 'instance', 'le'];

/** What is wrong with the metrics and labels of a query. */
function wrongIn(expr: string): string[] {
  const definitions = allMetrics();
  const wrong: string[] = [];
  const known = new Set(common);
  for (const [, written = '', matchers = ''] of expr.matchAll(
    /((?:messina|kafka_connect)_\w+)(?:\{([^}]*)\})?/g,
  )) {
    const name = written in definitions ? written : written.replace(/_(bucket|sum|count)$/, '');
    const definition = definitions[name];
    if (definition === undefined) {
      wrong.push(`there is no ${written}`);
      continue;
    }
    if ((name !== written) !== (definition.type === 'histogram'))
      wrong.push(`${written} is a ${definition.type}`);
    for (const label of definition.labels) known.add(label);
    const used = [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = '']) => label);
    const strange = used.filter((label) => !common.includes(label) && !definition.labels.includes(label));
    wrong.push(...strange.map((label) => `${name} has no label ${label}`));
  }
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(/,\s*/));
  wrong.push(
    ...grouped.filter((label) => !known.has(label)).map((label) => `nothing has the label ${label}`),
  );
  return wrong;
}

describe('the dashboard', () => {
  const targets = dashboard.panels.flatMap((panel) => panel.targets ?? []);

  test('asks only for metrics and labels that there are', () => {
    expect(targets.length).toBeGreaterThan(20);
    expect(targets.flatMap(({ expr }) => wrongIn(expr))).toEqual([]);
    const variables = dashboard.templating.list.flatMap(({ definition }) => definition ?? []);
    expect(variables.length).toBe(2);
    expect(variables.flatMap((definition) => wrongIn(definition))).toEqual([]);
  });

  test('has panels with ids of their own, side by side', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)}/${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
    for (const { targets: own = [] } of panels)
      expect(new Set(own.map(({ refId }) => refId)).size).toBe(own.length);
  });
});

describe('the alert rules', () => {
  test('ask only for metrics and labels that there are', () => {
    expect(alerts.length).toBeGreaterThan(5);
    expect(alerts.flatMap(({ expr }) => wrongIn(expr))).toEqual([]);
  });

  test('say of which connector, table or cause, where their query keeps it', () => {
    const wrong = alerts.flatMap(({ alert, expr, annotations }) => {
      const said = [
        ...Object.values(annotations)
          .join(' ')
          .matchAll(/\$labels\.(\w+)/g),
      ].map(([, label]) => label);
      const kept = /\bby \(([^)]*)\)/.exec(expr)?.[1]?.split(/,\s*/) ?? [];
      return said.filter((label) => !kept.includes(label ?? '')).map((label) => `${alert}: ${label}`);
    });
    expect(wrong).toEqual([]);
  });
});

test('a query for what there is not is found', () => {
  expect(wrongIn('sum by (shape) (messina_rows_total{table="a"})')).toEqual([
    'there is no messina_rows_total',
    'nothing has the label shape',
  ]);
  expect(wrongIn('messina_queued_bytes{table="a"}')).toEqual(['messina_queued_bytes has no label table']);
  expect(wrongIn('rate(messina_batch_duration_seconds[5m])')).toEqual([
    'messina_batch_duration_seconds is a histogram',
  ]);
});
