import { vi } from 'vitest';

/** Long enough where a core is shared with others. */
const PATIENCE_MS = 15_000;

// Vitest's own default is a second, and no setting changes it.
const { waitFor } = vi;
vi.waitFor = (look, options = PATIENCE_MS) => waitFor(look, options);
