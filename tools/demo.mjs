// `npm run demo`: from a fresh clone to the demo, with arguments handed on to it.
import { fileURLToPath } from 'node:url';
import { bootstrap, fetchServices } from './bootstrap.mjs';
import { run } from './run.mjs';

await bootstrap();
// The demo exports to a local directory: no S3 server, and so no Go.
const cassandra = process.argv.some((argument) => /^(--target=)?(cql|both)$/.test(argument));
await fetchServices({ s3: false, cassandra });
// The demo decides what Ctrl-C means; we end when it has ended.
process.on('SIGINT', () => {});
const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
process.exitCode = await run(process.execPath, [program, 'demo', ...process.argv.slice(2)]);
