import { expect, test } from 'vitest';
import type { Plugins } from '../../../connectors/plugins.ts';
import { type ConfigScope, settingsOf } from '../../../connectors/worker/config-scope.ts';

const plugins = {
  connectors: [{ type: 'sink', plugin: { name: 'HeldSink' } }],
  transforms: [],
  predicates: [],
  converters: [],
} as unknown as Plugins;
const scope: ConfigScope = { plugins, valueConverter: 'AvroConverter', sources: { env: {}, folder: '/' } };

const failure = (config: Readonly<Record<string, string>>): unknown => {
  try {
    return settingsOf({ name: 'c', ...config }, scope);
  } catch (error) {
    return error;
  }
};

test('a class that nobody here has is told with those that there are', () => {
  expect(failure({ 'connector.class': 'GoneSink' })).toMatchObject({
    code: 'WORKER_CLASS',
    message: expect.stringMatching(/GoneSink.*HeldSink/),
    detail: { connector: 'c' },
  });
});

test('whatever else is wrong with a configuration is told as such', () => {
  expect(failure({})).toMatchObject({ code: 'WORKER_CONFIG' });
});
