import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

// The SDK is pinned; its warning about later versions on this Node says nothing of a test.
const quiet = { NODE_NO_WARNINGS: '1', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

/** Unit tests that put modules of their own in the place of ours: no other file may get those, so each has a process. */
const mocking = readdirSync(new URL('test/unit', import.meta.url), { recursive: true, encoding: 'utf8' })
  .map((file) => `test/unit/${file}`)
  .filter(
    (file) =>
      file.endsWith('.test.ts') &&
      /\bvi\.(do)?[mM]ock\(/.test(readFileSync(new URL(file, import.meta.url), 'utf8')),
  );

// A machine with other work is no failure.
const unit = {
  testTimeout: 60_000,
  setupFiles: ['test/patient-waits.ts'],
  expect: { poll: { timeout: 15_000 } },
  sequence: { groupOrder: 0 },
  env: quiet,
};

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...unit,
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/conformance/**/*.test.ts', 'test/architecture.test.ts'],
          exclude: mocking,
          // Loading the code is half the work of a file; so a process loads it once for all its files.
          isolate: false,
        },
      },
      { test: { ...unit, name: 'unit-mocking', include: mocking } },
      {
        test: {
          name: 'model',
          include: ['test/model/**/*.test.ts'],
          // Nothing but work, spread over its files: as many of these as there are cores.
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 1 },
          env: quiet,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/start-services.ts'],
          setupFiles: ['test/e2e/harness/failure-stories.ts'],
          unstubEnvs: true,
          isolate: false,
          // Three files at a time: they mostly wait (for sessions, slack, server timeouts), and share no names.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
          // Several times what a test takes where a core is shared with others; what waits in vain says so before (`until`).
          testTimeout: 600_000,
          hookTimeout: 300_000,
          env: quiet,
        },
      },
    ],
  },
});
