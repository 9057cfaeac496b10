#!/usr/bin/env node
import { actions } from './actions.ts';
import { runCommandLine } from './run.ts';
import { watchSignals } from './signals.ts';

const { stdin, stdout, stderr, env } = process;

// The SDK is pinned; its warning about later versions on this Node is none for a user.
env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

// A reader that has enough (`| head`) is no failure.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

using signals = watchSignals(process, (code) => process.exit(code));
const code = await runCommandLine(process.argv.slice(2), actions, {
  stdin,
  stdout,
  stderr,
  env,
  signal: signals.signal,
});
// Pipes may still hold output; connections that linger must not keep the process.
stdout.write('', () => stderr.write('', () => process.exit(code)));
