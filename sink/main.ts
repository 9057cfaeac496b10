import { workerMain } from '../connectors/worker/main.ts';
import * as own from './plugins.ts';

// The SDK is pinned; its warning about later versions on this Node is none for a user.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const code = await workerMain(process.argv.slice(2), {
  name: 'messina sink',
  own,
  pluginsModule: new URL('./plugins.js', import.meta.url).href,
});
process.stderr.write('', () => process.exit(code));
