import type { Plan } from '../../migration/plan/plan.ts';
import type { ExportPlan } from '../../migration/plan/plan-exports.ts';
import type { PlanProblem } from '../../migration/plan/plan-problems.ts';
import type { TablePlan } from '../../migration/plan/plan-table.ts';
import type { TopicPlan } from '../../migration/plan/plan-topics.ts';
import type { TransformsPlan } from '../../migration/plan/plan-transforms.ts';
import type { TargetPlan } from '../../migration/plan/target-plan.ts';
import { mappingLines } from './plan-mapping-text.ts';
import { bytesText, countText, durationText } from './quantities.ts';
import { columns } from './status-table.ts';

/** A plan for people: each table, the topics, and what is in the way, last, where it is seen. */
export function planText(plan: Plan): string {
  const { migration, target, tables, topics, problems, clockSkewMs, notClaimed } = plan;
  const counts = [number(tables.length, 'table'), number(problems.length, 'problem')].join(', ');
  const skew = clockSkewMs === null ? [] : [`Clocks of the target's nodes: ${clockSkewMs} ms apart at least`];
  return [
    `${migration} → ${target}: ${counts}`,
    ...(notClaimed === null ? [] : [notClaimed]),
    ...tables.flatMap(tableLines),
    ...topicLines(topics),
    ...(skew.length === 0 ? [] : ['', ...skew]),
    '',
    ...(problems.length === 0 ? ['No problems: `messina migrate` can begin.'] : problemLines(problems)),
  ].join('\n');
}

function tableLines(table: TablePlan): string[] {
  // Without a look at the source there is nothing to say but what is in the way.
  if (table.stream === null) {
    const rest = [...targetLines(table.target), ...mappingLines(table.mapping)];
    return ['', table.table, '  source    not known', ...rest];
  }
  return [
    '',
    table.table,
    `  source    ${sizeText(table)}`,
    ...table.exports.map(exportLine),
    ...requestLines(table),
    `  stream    ${streamText(table)}`,
    `  coverage  ${coverageText(table)}`,
    ...targetLines(table.target),
    ...transformLines(table.transforms),
    ...mappingLines(table.mapping),
    `  estimate  ${estimateText(table)}`,
  ];
}

const sizeText = ({ items, bytes }: TablePlan) =>
  `${countText(items)} items, ${bytes === null ? 'of unknown size' : bytesText(bytes)}`;

/** The windows stand below the export that they continue. */
function exportLine({ id, from, exportTime, files, rows }: ExportPlan): string {
  const what =
    from === null ? `  export    ${id} of ${exportTime}` : `            window ${from} to ${exportTime}`;
  return `${what}: ${number(files, 'file')}, ${rows === null ? 'an unknown number of rows' : number(rows, 'row')}`;
}

function requestLines({ request, bytes }: TablePlan): string[] {
  if (request === null) return [];
  const { to, asked, pitr } = request;
  const size = bytes === null ? 'unknown size' : bytesText(bytes);
  const what =
    asked === null
      ? `an export of ${size} will be asked for, to ${to}; AWS charges for its size, and takes minutes to hours`
      : `${asked} was asked for, to ${to}, and will be waited for`;
  return [`  export    ${what}`, `            point-in-time recovery ${pitrText(pitr)}`];
}

function pitrText(pitr: NonNullable<TablePlan['request']>['pitr']): string {
  if (pitr === null) return 'not known';
  if (pitr.enable) return 'off; migrate turns it on, and AWS charges for it';
  if (!pitr.enabled) return 'off';
  return `on${pitr.earliest === null ? '' : `, back to ${pitr.earliest}`}`;
}

function streamText({ stream }: TablePlan): string {
  if (stream === null) return 'not known';
  if (stream.enable) return 'none; migrate enables one with NEW_AND_OLD_IMAGES';
  if (!stream.enabled) return 'none, and none is needed';
  return `enabled${stream.created === null ? '' : ` since ${stream.created}`}, ${stream.viewType}`;
}

function coverageText({ coverage: { proven, from, exportTime } }: TablePlan): string {
  if (from === null) return 'none is claimed';
  const snapshot = exportTime === null ? 'a snapshot taken after it' : `the snapshot of ${exportTime}`;
  return `of changes from ${from} on; ${proven ? 'reaches' : 'does not reach'} back far enough for ${snapshot}`;
}

function targetLines(target: TargetPlan | null): string[] {
  if (target === null) return ['  target    not known'];
  const { table, exists, create, statements, atCutover } = target;
  const state = exists === null ? 'not known whether it exists' : exists ? 'exists' : 'does not exist';
  const changes = exists === true ? ', its settings are changed:' : ', to be created:';
  const lines = [
    `  target    ${table}: ${state}${create === null && statements.length === 0 ? '' : changes}`,
    ...statements.map((statement) => `            ${statement};`),
  ];
  if (create !== null) {
    const types = new Map(create.AttributeDefinitions?.map((one) => [one.AttributeName, one.AttributeType]));
    const key = create.KeySchema?.map((one) => `${one.AttributeName} ${types.get(one.AttributeName)}`);
    lines.push(`            key ${key?.join(', ')}; ${create.BillingMode}`);
    for (const index of create.LocalSecondaryIndexes ?? []) {
      const attributes = index.KeySchema?.map((one) => one.AttributeName).join(', ');
      lines.push(
        `            local index ${index.IndexName} (${attributes}), ${index.Projection?.ProjectionType}`,
      );
    }
    const tags = create.Tags?.map((tag) => `${tag.Key}=${tag.Value}`) ?? [];
    if (tags.length > 0) lines.push(`            tags ${tags.join(', ')}`);
  }
  return [...lines, ...cutoverLines(atCutover)];
}

function cutoverLines({ globalIndexes, ttlAttribute }: TargetPlan['atCutover']): string[] {
  const later = globalIndexes.map((name) => `global index ${name}`);
  if (ttlAttribute !== null) later.push(`TTL on ${ttlAttribute}`);
  return later.length === 0 ? [] : [`            at cutover: ${later.join(', ')}`];
}

function transformLines(transforms: TransformsPlan | null): string[] {
  if (transforms === null) return [];
  const { sampled, passed, changed, filtered, failed, reasons } = transforms;
  const outcomes = `${countText(passed)} pass (${countText(changed)} changed), ${countText(filtered)} filtered, ${countText(failed)} fail`;
  return [
    `  transforms  of ${number(sampled, 'item')} tried: ${outcomes}`,
    ...reasons.map(({ reason, items }) => `            ${countText(items)} × ${reason}`),
  ];
}

function estimateText({ estimate, request }: TablePlan): string {
  if (estimate === null) return 'there is nothing to load: only changes are moved';
  const { seconds, itemsPerSecond, readUnits, readUnitsPerSecond } = estimate;
  const time =
    seconds === null
      ? 'unknown duration'
      : `${durationText(seconds)} to load, at an assumed ${countText(itemsPerSecond)} items/s`;
  const since = request === null ? '' : ', once the export is complete';
  if (readUnitsPerSecond === null) return `${time}${since}; the table itself is not read`;
  return `${time}; the scan consumes ${countText(readUnits)} read units, ${countText(readUnitsPerSecond)} a second at most`;
}

function topicLines(topics: readonly TopicPlan[]): string[] {
  const rows = topics.map(({ topic, exists, partitions, replicationFactor, config }) => [
    `  ${topic}`,
    exists === null ? 'not known' : exists ? 'exists' : 'to be created',
    number(partitions, 'partition'),
    [
      ...(replicationFactor === null ? [] : [`replication.factor=${replicationFactor}`]),
      ...Object.entries(config).map(([name, value]) => `${name}=${value}`),
    ].join(' '),
  ]);
  // Settings are the last column, and longest: they are not aligned.
  const settings = rows.map((row) => row[3] ?? '');
  return [
    '',
    'Topics',
    ...columns(rows.map((row) => row.slice(0, 3))).map((row, i) => `${row}  ${settings[i]}`.trimEnd()),
  ];
}

const problemLines = (problems: readonly PlanProblem[]) => [
  'Problems',
  ...problems.flatMap(({ table, code, message, remedy }) => [
    `  ${table === null ? '' : `${table}: `}${message} (${code})`,
    `    → ${remedy}`,
  ]),
];

const number = (count: number, noun: string) => `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
