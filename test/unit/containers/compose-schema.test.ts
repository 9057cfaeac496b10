import { Ajv2019 } from 'ajv/dist/2019.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { composeFile } from './compose-file.ts';
import { textOf } from './repository.ts';

/** Its `id`s are of an older draft than the one it names; they lead nowhere. */
const schema = JSON.parse(textOf('test/unit/containers/compose-spec.json'), (key, value: unknown) =>
  key === 'id' && typeof value === 'string' ? undefined : value,
) as object;

/** A format that JSON Schema does not know. */
const formats = { expose: /^\d+(-\d+)?(\/[a-z]+)?$/ };

const validate = new Ajv2019({ strict: false, allErrors: true, formats }).compile(schema);

describe('docker-compose.yaml', () => {
  test('is what the Compose Specification allows', () => {
    validate(composeFile);
    expect(validate.errors).toBeNull();
  });

  test.each([
    ['an unknown key', 'services: {a: {imge: x}}'],
    ['an image that is no text', 'services: {a: {image: [x]}}'],
    ['a duration without its unit', 'services: {a: {image: x, healthcheck: {interval: 5}}}'],
    ['a condition that is none', 'services: {a: {image: x, depends_on: {b: {condition: healthy}}}}'],
  ])('the check sees %s', (_what, text) => {
    expect(validate(parse(text))).toBe(false);
  });
});
