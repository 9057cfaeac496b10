import { defineConfig } from 'vitest/config';

// The SDK is pinned; its warning about later versions on this Node says nothing of a test.
const quiet = { NODE_NO_WARNINGS: '1', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'test/unit/**/*.test.ts',
            'test/conformance/**/*.test.ts',
            'test/model/**/*.test.ts',
            'test/architecture.test.ts',
          ],
          sequence: { groupOrder: 0 },
          env: quiet,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/start-services.ts'],
          // One file at a time: they share one Kafka, and their timing should be their own.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 180_000,
          env: quiet,
        },
      },
    ],
  },
});
