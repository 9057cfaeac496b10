import { defineConfig } from 'vitest/config';
export default defineConfig({ test: { root: '/work/main', include: ['test/e2e/kafka*.test.ts'], maxWorkers: 1, testTimeout: 60000, hookTimeout: 60000, provide: { services: { kafka: '127.0.0.1:29092' } } as never } });
