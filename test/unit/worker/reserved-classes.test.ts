import { expect, test } from 'vitest';
import { RESERVED_CLASSES } from '../../../connectors/worker/plugins/reserved-classes.ts';
import { plugins as sinkPlugins } from '../../../sink/plugins.ts';
import { plugins as sourcePlugins } from '../../../source/plugins.ts';

test('the reserved classes are those of Messina', () => {
  const own = [...sourcePlugins.connectors, ...sinkPlugins.connectors].map(({ plugin }) => plugin.name);
  expect([...RESERVED_CLASSES].sort()).toEqual(own.sort());
});
