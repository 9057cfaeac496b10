import { beforeEach } from 'vitest';
import { Messina } from './messina.ts';

// Run before each test file, in a process that may have run others.
Messina.begun.length = 0;

/**
 * A test that fails tells what became of the children that began since it did, and what they said last: of a machine
 * elsewhere that is all there is to see. Tests that run at the same time tell of each other's children too.
 */
beforeEach(({ onTestFailed }) => {
  const first = Messina.begun.length;
  onTestFailed(({ task }) => {
    const [error] = task.result?.errors ?? [];
    const stories = Messina.begun.slice(first).map(({ story }) => story);
    if (error !== undefined && stories.length > 0) error.message += `\n\n${stories.join('\n\n')}\n`;
  });
});
