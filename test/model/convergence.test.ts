import './fakes.ts';
import { describe } from 'vitest';
import { converges } from './converges.ts';

describe('one snapshot and what follows it', () => {
  converges(['usual', 'shards', 'target', 'owners', 'nodes', 'tasks', 'balanced']);
});
