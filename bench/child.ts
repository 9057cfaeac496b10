import type { Job } from './jobs.ts';
import type { Measured } from './meter.ts';

/** A measured process: one job of one variant; its result is the last line of its output. */
async function run(job: Job): Promise<Measured> {
  // Only what the variant needs is loaded: modules count in its memory.
  switch (job.variant) {
    case 'publish-messina':
      return (await import('./variants/publish-messina.ts')).publish(job);
    case 'publish-usual':
      return (await import('./variants/publish-usual.ts')).publish(job);
    case 'write-messina':
      return (await import('./variants/write-messina.ts')).write(job);
    case 'write-put-item':
      return (await import('./variants/write-put-item.ts')).write(job);
    case 'write-document-batches':
      return (await import('./variants/write-document-batches.ts')).write(job);
    case 'write-cql-messina':
      return (await import('./variants/write-cql-messina.ts')).write(job);
    case 'write-execute-concurrent':
      return (await import('./variants/write-execute-concurrent.ts')).write(job);
    case 'migrate-messina':
      return (await import('./variants/migrate-messina.ts')).migrate(job);
    case 'read-ion-messina':
    case 'read-ion-js':
    case 'read-json':
      return (await import('./variants/read-lines.ts')).read(job);
  }
}

const measured = await run(JSON.parse(process.argv[2] ?? '{}') as Job);
process.stdout.write(`${JSON.stringify(measured)}\n`);
process.exit(0);
