import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { advertisedUrl, workerIdOf } from '../../../connectors/worker/advertised-url.ts';

const listening = ['http://127.0.0.1:4001', 'https://127.0.0.1:4002'];

describe('the root that others are told', () => {
  test.each([
    ['http://127.0.0.1:0', 'http://127.0.0.1:4001'],
    ['https://127.0.0.1:0', 'https://127.0.0.1:4002'],
    ['https://worker:9443', 'https://worker:9443'],
    ['http://[::1]:8083', 'http://[::1]:8083'],
    ['http://0.0.0.0:8083', `http://${hostname().toLowerCase()}:8083`],
    ['http://[::]:0', `http://${hostname().toLowerCase()}:4001`],
  ])('is, of %s, %s', (told, url) => {
    expect(advertisedUrl(told, listening)).toBe(url);
  });
});

test.each([
  ['http://127.0.0.1:8083', '127.0.0.1:8083'],
  ['https://worker', 'worker:443'],
  ['http://[::1]', '[::1]:80'],
])('a worker that is reached at %s is named %s', (url, id) => {
  expect(workerIdOf(url)).toBe(id);
});
