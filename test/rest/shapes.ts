import { expect } from 'vitest';

/** Shapes of Kafka Connect's answers, for `toEqual`; what later versions added may be there. */

const text = expect.any(String);

/** `version` came with Kafka 4.1. */
export function stateInfo(state: unknown, extra: Record<string, unknown> = {}) {
  return expect.objectContaining({ state, worker_id: expect.stringMatching(/^[^/]+:\d+$/), ...extra });
}

export const keyInfo = expect.objectContaining({
  name: text,
  type: expect.stringMatching(/^(BOOLEAN|STRING|INT|SHORT|LONG|DOUBLE|LIST|CLASS|PASSWORD)$/),
  required: expect.any(Boolean),
  importance: expect.stringMatching(/^(HIGH|MEDIUM|LOW)$/),
  documentation: text,
  width: expect.stringMatching(/^(NONE|SHORT|MEDIUM|LONG)$/),
  display_name: text,
  dependents: expect.any(Array),
});

export interface ConfigInfosBody {
  readonly name: string;
  readonly error_count: number;
  readonly groups: readonly string[];
  readonly configs: readonly {
    readonly definition: Readonly<Record<string, unknown>> | null;
    readonly value: {
      readonly name: string;
      readonly value: string | null;
      readonly recommended_values: readonly string[];
      readonly errors: readonly string[];
      readonly visible: boolean;
    };
  }[];
}

/** Asserts the shape of an answer to a validation. */
export function expectConfigInfos(body: unknown): ConfigInfosBody {
  expect(body).toEqual({
    name: text,
    error_count: expect.any(Number),
    groups: expect.any(Array),
    configs: expect.any(Array),
  });
  const infos = body as ConfigInfosBody;
  for (const { definition, value } of infos.configs) {
    if (definition !== null) {
      expect(definition).toEqual(keyInfo);
      expect(definition['default_value'] === null || typeof definition['default_value'] === 'string').toBe(
        true,
      );
      expect(definition['group'] === null || infos.groups.includes(String(definition['group']))).toBe(true);
      // Kafka 3 calls it order, Kafka 4 order_in_group.
      expect(definition['order'] ?? definition['order_in_group']).toEqual(expect.any(Number));
    }
    expect(value).toEqual({
      name: definition?.['name'] ?? text,
      value: value.value === null ? null : text,
      recommended_values: expect.any(Array),
      errors: expect.any(Array),
      visible: expect.any(Boolean),
    });
  }
  expect(infos.configs.flatMap(({ value }) => value.errors)).toHaveLength(infos.error_count);
  return infos;
}
