import { z } from 'zod';
import type { PredicateConfig, TransformConfig } from '../../connectors/transforms/chain.ts';
import type { PredicatePlugin } from '../../connectors/transforms/predicates/predicate.ts';
import {
  predicateNames,
  predicatePlugins,
  transformNames,
  transformPlugins,
} from '../../connectors/transforms/registry.ts';
import type { TransformPlugin } from '../../connectors/transforms/transform.ts';
import { text } from './leaves.ts';

const predicateName = () =>
  text(
    'Name of the predicate (see predicates) that says which items it is for. Default: all; Filter needs one.',
  );

const transform = (plugin: TransformPlugin) =>
  z
    .strictObject({
      type: z
        .enum(transformNames(plugin))
        .describe('The transform, by its name in Kafka Connect or that of its class.'),
      ...plugin.options.shape,
      predicate: plugin.needsPredicate ? predicateName() : predicateName().exactOptional(),
      negate: z
        .boolean()
        .default(false)
        .describe('Whether it is for the items that its predicate does not hold of.'),
    })
    .describe(plugin.summary);

const predicate = (plugin: PredicatePlugin) =>
  z
    .strictObject({
      type: z.enum(predicateNames(plugin)).describe('The predicate, by its name or that of its class.'),
      ...plugin.options.shape,
    })
    .describe(plugin.summary);

type Branch = ReturnType<typeof transform> | ReturnType<typeof predicate>;

/** One of several kinds of mapping, told apart by `type`. */
const byType = (branches: readonly Branch[]) =>
  z.discriminatedUnion('type', branches as [Branch, ...Branch[]]);

/** Section `transforms`: what becomes of items between the topics and the target. */
export const transformsSchema = z
  .array(byType(transformPlugins.map(transform)) as unknown as z.ZodType<TransformConfig>)
  .default([])
  .describe('Single message transforms on the sink side, in order; see docs/transforms.md.');

/** Section `predicates`: which items a transform is for, by names that transforms refer to. */
export const predicatesSchema = z
  .record(z.string().min(1), byType(predicatePlugins.map(predicate)) as unknown as z.ZodType<PredicateConfig>)
  .default({})
  .describe('Which items a transform is for, by names that transforms refer to.');
