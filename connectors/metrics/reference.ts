import type { Definitions } from './definition.ts';
import { OWN_METRICS } from './own-definitions.ts';
import { SINK_TASK_METRICS, SOURCE_TASK_METRICS, TASK_METRICS } from './task-definitions.ts';
import { WORKER_METRICS } from './worker-definitions.ts';

interface Group {
  readonly title: string;
  readonly intro: string;
  readonly definitions: Definitions;
  /** Labels that all of it have. */
  readonly labels: readonly string[];
}

const taskLabels = ['connector', 'task'];

const groups: readonly Group[] = [
  {
    title: 'Messina’s own',
    intro: `Names say their units. Counters begin anew where a task does: use \`rate()\` and \`increase()\`, never the bare value.`,
    definitions: OWN_METRICS,
    labels: taskLabels,
  },
  {
    title: 'Kafka Connect: workers',
    intro: `Each worker tells only of what it has, so that sums over workers are right.`,
    definitions: WORKER_METRICS,
    labels: [],
  },
  {
    title: 'Kafka Connect: tasks',
    intro: `Averages, maxima and rates are of the last 30 to 60 seconds, as Kafka’s are.`,
    definitions: TASK_METRICS,
    labels: taskLabels,
  },
  { title: 'Kafka Connect: source tasks', intro: '', definitions: SOURCE_TASK_METRICS, labels: taskLabels },
  { title: 'Kafka Connect: sink tasks', intro: '', definitions: SINK_TASK_METRICS, labels: taskLabels },
];

const head = `# Metrics

<!-- Made from connectors/metrics/*-definitions.ts; UPDATE_PAGES=1 npx vitest run test/unit/metrics writes it anew. -->

A worker answers \`GET /metrics\` in Prometheus’ text format: under the names that Strimzi’s dashboards and alerts expect of Kafka
Connect (\`kafka_connect_…\`), so that they work as they are, and beyond them as \`messina_…\`. \`process_…\` and \`nodejs_…\` are those of
prom-client. No label holds an item’s value or a secret.

- [grafana/messina.json](grafana/messina.json): a dashboard of a migration, for Grafana 10 and later: Dashboards → New → Import.
- [grafana/alerts.yaml](grafana/alerts.yaml): rules to begin with, for Prometheus (\`rule_files\`): a failed task, a table that
  stands still, a data gap, fewer than 6 hours to the trim horizon, dead letters, a worker that shows nothing.

## What to look at

- **Will changes be lost?** A stream keeps 24 hours. \`messina_trim_horizon_hours\` says how much of that is left to the shard
  that is furthest behind; it falls while the source cannot be read. It is there once the first shard was opened: while a worker
  starts that cannot reach the source at all, \`messina_retries_total\` rises instead.
- **How far behind is the target?** \`messina_lag_seconds\` and \`messina_lag_records\`, by topic partition. They are known where
  the sink reads: changes behind a closed gate are not, until the snapshot is written. What is not in the topic yet is
  \`messina_shard_behind_ms\`. Ages come from creation times, which DynamoDB gives in whole seconds, and from this machine’s clock.
- **How far is the snapshot?** \`messina_snapshot_files_done\` of \`messina_snapshot_files\`, summed over tasks.
- **What became of records?** \`messina_records_total{stage="write"}\` by \`outcome\`. What is written a second time, after a restart
  or a replay, is not counted a second time.

Not shown, though Kafka Connect has them: running and pause ratios, record-active counts, commit percentages, skipped commits, and
the metrics of its Java clients (\`kafka_consumer_…\`, \`kafka_producer_…\`, \`jvm_…\`): those panels of Strimzi’s dashboard stay empty.
`;

/** The text of docs/metrics.md. */
export function metricsPage(): string {
  return [head, ...groups.map(sectionOf)].join('\n');
}

function sectionOf({ title, intro, definitions, labels }: Group): string {
  const rows = Object.entries(definitions).map(([name, { type, labels: own, help }]) => {
    const all = [...labels, ...own].map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${all} | ${help} |`;
  });
  const table = ['| name | type | labels | meaning |', '|---|---|---|---|', ...rows, ''];
  return [`## ${title}`, '', ...(intro === '' ? [] : [intro, '']), ...table].join('\n');
}

/** Every name with its type, for whoever checks that what is shown is what is told of. */
export function allMetrics(): Definitions {
  return Object.assign({}, ...groups.map(({ definitions }) => definitions));
}
