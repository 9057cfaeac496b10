import type { MappingPlan, MappingTrial, MisfitCount } from '../../migration/plan/plan-mapping.ts';
import { countText } from './quantities.ts';

/** How items become rows of CQL, what is lost, and what became of those that were tried. */
export function mappingLines(mapping: MappingPlan | null): string[] {
  if (mapping === null) return [];
  const { place, rekeyed, losses, trial } = mapping;
  const key = rekeyed ? ', with another key than the items' : '';
  return [
    `  mapping   ${place ?? 'none: the default columns'}${key}`,
    ...losses.map((loss) => `            ${loss}`),
    ...(trial === null ? ['            not tried: no items could be read'] : trialLines(trial)),
  ];
}

function trialLines(trial: MappingTrial): string[] {
  const { from, sampled, mapped, misfitting, deadLettered, droppedAttributes, reasons } = trial;
  const outcomes = [
    `${countText(mapped)} fit their columns`,
    `${countText(misfitting)} written with values that do not`,
    `${countText(deadLettered)} cannot be written`,
  ].join(', ');
  return [
    `            of ${countText(sampled)} item${sampled === 1 ? '' : 's'} tried, from the ${from}: ${outcomes}`,
    ...(droppedAttributes === 0
      ? []
      : [
          `            ${countText(droppedAttributes)} attribute${droppedAttributes === 1 ? '' : 's'} dropped`,
        ]),
    ...reasons.map((one) => `            ${countText(one.items)} × ${misfitText(one)}`),
  ];
}

const WENT: Readonly<Record<MisfitCount['went'], string>> = {
  leftovers: 'goes to the leftovers',
  null: 'becomes null',
  'dead-letter': 'cannot be written',
};

const misfitText = ({ column, reason, went }: MisfitCount) =>
  `column ${JSON.stringify(column)} ${WENT[went]}: the attribute ${reason}`;
