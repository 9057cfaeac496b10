import './fakes.ts';
import { describe } from 'vitest';
import { converges } from './converges.ts';

describe('snapshots that follow each other, gaps, replays', () => {
  converges(['epochs', 'broken', 'losses', 'chains', 'replays', 'manifest', 'nap', 'night']);
});
