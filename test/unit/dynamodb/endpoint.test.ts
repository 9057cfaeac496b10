import { expect, test } from 'vitest';
import { resolveEndpoints } from '../../../dynamodb/endpoint.ts';

test.each([
  [
    'eu-central-1',
    undefined,
    'https://dynamodb.eu-central-1.amazonaws.com',
    'https://streams.dynamodb.eu-central-1.amazonaws.com',
  ],
  [
    'cn-north-1',
    undefined,
    'https://dynamodb.cn-north-1.amazonaws.com.cn',
    'https://streams.dynamodb.cn-north-1.amazonaws.com.cn',
  ],
  ['none', 'http://127.0.0.1:8000', 'http://127.0.0.1:8000', 'http://127.0.0.1:8000'],
  ['none', 'http://127.0.0.1:8000/', 'http://127.0.0.1:8000', 'http://127.0.0.1:8000'],
  [
    'eu-west-1',
    'https://dynamodb.eu-west-1.amazonaws.com',
    'https://dynamodb.eu-west-1.amazonaws.com',
    'https://streams.dynamodb.eu-west-1.amazonaws.com',
  ],
])(
  'region %s with endpoint %s reaches tables at %s and streams at %s',
  (region, endpoint, tables, streams) => {
    expect(resolveEndpoints(region, endpoint)).toEqual({ tables, streams });
  },
);
