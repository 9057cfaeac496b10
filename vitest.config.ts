import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// The SDK is pinned; its warning about later versions on this Node says nothing of a test.
const quiet = { NODE_NO_WARNINGS: '1', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/conformance/**/*.test.ts', 'test/architecture.test.ts'],
          sequence: { groupOrder: 0 },
          // A machine with other work is no failure.
          testTimeout: 30_000,
          env: quiet,
        },
      },
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
          // Two files at a time: they mostly wait (for sessions, slack, server timeouts), and share no names.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          testTimeout: 180_000,
          hookTimeout: 180_000,
          env: quiet,
        },
      },
    ],
  },
});
