// Everything from a fresh clone to the test result: `npm test`, with arguments handed on to vitest.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { bootstrap, fetchServices } from './bootstrap.mjs';
import { runPackage } from './run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

// Whatever happens, the result is the last line: what ends before any test has run is one failure.
let result = { passed: 0, failed: 1 };
process.on('exit', () => process.stdout.write(`${result.passed} passed, ${result.failed} failed\n`));

await bootstrap();
await fetchServices({ s3: true, cassandra: true });
const scratch = mkdtempSync(`${tmpdir()}/messina-test-`);
const report = `${scratch}/report.json`;
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const code = await runPackage('vitest', ['run', ...reporters, ...process.argv.slice(2)], { cwd: root });
result = totals(report, code);
rmSync(scratch, { recursive: true, force: true });
process.exitCode = code === 0 && result.failed === 0 ? 0 : 1;

/** Counts tests; what failed outside of any test (a file that does not load, a service that does not start) counts as one. */
function totals(path, exitCode) {
  let counted = { passed: 0, failed: 0 };
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(path, 'utf8'));
    const broken = testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    );
    counted = { passed: numPassedTests, failed: numFailedTests + broken.length };
  } catch {
    // No report: vitest itself did not get that far, and has said why.
  }
  if (exitCode !== 0 && counted.failed === 0) counted.failed = 1;
  return counted;
}
