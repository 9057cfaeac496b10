import { describe } from 'vitest';
import { connectorSuite } from './connector-suite.ts';
import { loggerSuite } from './logger-suite.ts';
import { offsetSuite } from './offset-suite.ts';
import { pluginSuite } from './plugin-suite.ts';
import type { RestWorker } from './rest-worker.ts';
import { stateSuite } from './state-suite.ts';
import { toolSuite } from './tool-suite.ts';
import { workerSuite } from './worker-suite.ts';

/**
 * Every route, code and shape of Kafka Connect's REST API, asked of a worker. The same assertions hold for Apache Kafka
 * Connect, which is what says that they are right.
 *
 * @param started the worker, once it runs: asked for in each test
 */
export function restConformance(started: () => RestWorker): void {
  describe('the worker', () => workerSuite(started));
  describe('plugins', () => pluginSuite(started));
  describe('connectors', () => connectorSuite(started));
  describe('states', () => stateSuite(started));
  describe('offsets', () => offsetSuite(started));
  describe('tools', () => toolSuite(started));
  // Last: it changes what is logged.
  describe('loggers', () => loggerSuite(started));
}
