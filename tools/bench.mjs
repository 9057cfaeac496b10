// `npm run bench`: from a fresh clone to the results, with arguments handed on to bench/main.ts.
import { fileURLToPath } from 'node:url';
import { bootstrap, fetchServices } from './bootstrap.mjs';
import { run } from './run.mjs';

await bootstrap();
await fetchServices({ s3: false, cassandra: true });
const program = fileURLToPath(new URL('../dist/bench/main.js', import.meta.url));
process.exitCode = await run(process.execPath, [program, ...process.argv.slice(2)]);
