import { afterAll, beforeAll } from 'vitest';
import { restConformance } from '../../rest/conformance.ts';
import { type MemoryWorker, startMemoryWorker } from '../../rest/memory-worker.ts';

let worker: MemoryWorker;
beforeAll(async () => {
  worker = await startMemoryWorker();
});
afterAll(() => worker[Symbol.asyncDispose]());

restConformance(() => worker);
