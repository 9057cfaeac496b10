import { describe, expect, test } from 'vitest';
import type { ConnectError } from '../../../connectors/errors.ts';
import type { RequestOptions } from '../../../source/export/options.ts';
import { requestedExport } from '../../../source/export/request.ts';
import { assertDescribed } from '../../../source/export/requested.ts';
import { music } from './export-fixture.ts';
import { contextOf, FakeExports, NoteBook, refusal, START_MS } from './fake-exports.ts';

const request: RequestOptions = { bucket: 'exports', prefix: 'p', enablePitr: false };

class Killed extends Error {}

function world(options: Partial<RequestOptions> = {}) {
  const service = new FakeExports();
  const notes = new NoteBook();
  const settings = { region: 'eu-west-1', request: { ...request, ...options } };
  const take = (notBeforeMs: number | null = null) =>
    requestedExport(service, settings, music, notes.asked(notBeforeMs), contextOf(service));
  return { service, notes, take };
}

const faultOf = (promise: Promise<unknown>): Promise<ConnectError> =>
  promise.then(
    () => Promise.reject(new Error('it was not refused')),
    (error: ConnectError) => error,
  );

describe('an export is asked for', () => {
  test('when the slack is over by the clock of the service, and found by its manifest', async () => {
    const { service, take } = world();
    const taken = await take(START_MS + 300_000);
    expect(taken.summary).toEqual({ bucket: 'exports', key: 'p/AWSDynamoDB/x/manifest-summary.json' });
    expect(taken.exportMs).toBeGreaterThanOrEqual(START_MS + 300_000);
    expect(taken.exportMs).toBeLessThan(START_MS + 302_000);
    expect(service.exportsMade).toBe(1);
    expect(service.requests[0]).toMatchObject({
      tableArn: music.arn,
      bucket: 'exports',
      prefix: 'p',
      bucketOwner: null,
      sseAlgorithm: null,
      kmsKeyId: null,
    });
  });

  test('not earlier because our own clock is ahead', async () => {
    const { service, take } = world();
    service.behindMs = 3_600_000;
    const { exportMs } = await take(START_MS + 300_000);
    expect(exportMs).toBeGreaterThanOrEqual(START_MS + 300_000);
    expect(service.clock.now()).toBeGreaterThan(START_MS + 3_600_000 + 300_000);
  });

  test('with its token noted before it and its ARN after it', async () => {
    const { service, notes, take } = world();
    notes.onNote = () => service.calls.push('note');
    await take();
    const order = service.calls.filter((call) => ['note', 'request', 'describeExport'].includes(call));
    expect(order.slice(0, 4)).toEqual(['note', 'request', 'note', 'describeExport']);
    const [before, after] = notes.pages;
    expect(before).toMatchObject({ clientToken: expect.any(String), requestedMs: START_MS, exportArn: null });
    expect(after).toMatchObject({ clientToken: before?.['clientToken'], exportArn: expect.any(String) });
    expect(service.requests[0]?.clientToken).toBe(before?.['clientToken']);
  });

  test('with the owner of the bucket and its encryption', async () => {
    const options = { bucketOwner: '123456789012', sseAlgorithm: 'KMS', kmsKeyId: 'alias/exports' } as const;
    const { service, take } = world(options);
    await take();
    expect(service.requests[0]).toMatchObject(options);
  });

  test('and looked at ever less often, from a second to half a minute', async () => {
    const { service, take } = world();
    service.takesMs = 3_600_000;
    await take();
    const { sleeps } = service.clock;
    expect(sleeps[0]).toBe(1000);
    expect(sleeps).toEqual([...sleeps].sort((a, b) => a - b));
    expect(sleeps.at(-1)).toBe(30_000);
  });
});

describe('a process that ends on the way', () => {
  test.each([
    ['before the token is noted', { onNote: 1, exports: 1 }],
    ['when the export is made, before its ARN is noted', { onNote: 2, exports: 1 }],
  ])('%s: the next one asks for no second export', async (_, { onNote, exports }) => {
    const { service, notes, take } = world();
    let noted = 0;
    notes.onNote = () => {
      if (++noted === onNote) throw new Killed();
    };
    await expect(take(START_MS + 60_000)).rejects.toThrow(Killed);
    service.clock.advance(3_600_000);
    await take(service.clock.now() + 60_000);
    expect(service.exportsMade).toBe(exports);
    expect(new Set(service.requests.map((one) => JSON.stringify(one))).size).toBe(1);
  });

  test('while waiting: the next one waits for the same export, and only asks for its state', async () => {
    const { service, take } = world();
    service.failures['describeExport'] = Array.from({ length: 10 }, () =>
      refusal('InternalServerError', '', 500),
    );
    expect(await faultOf(take())).toMatchObject({ code: 'SOURCE_UNREACHABLE', remedy: 'retry' });
    service.calls.length = 0;
    const taken = await take(service.clock.now() + 300_000);
    expect(new Set(service.calls)).toEqual(new Set(['describeExport']));
    expect(service.exportsMade).toBe(1);
    expect(taken.exportMs).toBe(START_MS);
  });

  test('between token and ARN: the request is the same though the file names another bucket now', async () => {
    const { service, notes, take } = world();
    service.onRequest = () => {
      throw new Killed();
    };
    expect((await faultOf(take())).cause).toBeInstanceOf(Killed);
    service.onRequest = () => {};
    const settings = { region: 'eu-west-1', request: { ...request, bucket: 'others' } };
    const taken = await requestedExport(service, settings, music, notes.asked(), contextOf(service));
    expect(service.exportsMade).toBe(1);
    expect(taken.summary.bucket).toBe('exports');
  });

  test('with a request that was refused: the bucket which the file names now is asked for', async () => {
    const { service, notes, take } = world();
    service.failures['request'] = [refusal('S3NoSuchBucket'), refusal('S3NoSuchBucket')];
    expect(await faultOf(take())).toMatchObject({ code: 'EXPORT_BUCKET_MISSING', exit: 4 });
    const settings = { region: 'eu-west-1', request: { ...request, bucket: 'others' } };
    const taken = await requestedExport(service, settings, music, notes.asked(), contextOf(service));
    expect(service.exportsMade).toBe(1);
    expect(taken.summary.bucket).toBe('others');
    expect(new Set(service.requests.map(({ clientToken }) => clientToken)).size).toBe(2);
  });
});

describe('an export that fails', () => {
  test('is told with its code, and the next call asks for another one', async () => {
    const { service, notes, take } = world();
    service.end = { status: 'FAILED', failureCode: 'S3AccessDenied', failureMessage: 'Access Denied' };
    const fault = await faultOf(take());
    expect(fault).toMatchObject({ code: 'EXPORT_FAILED', remedy: 'halt', exit: 1 });
    expect(fault.message).toContain('S3AccessDenied: Access Denied');
    expect(notes.facts).toMatchObject({ failureCode: 'S3AccessDenied' });
    expect(notes.facts).not.toHaveProperty('clientToken');
    service.end = { status: 'COMPLETED', manifestKey: 'p/AWSDynamoDB/y/manifest-summary.json' };
    const taken = await take();
    expect(service.exportsMade).toBe(2);
    expect(taken.summary.key).toBe('p/AWSDynamoDB/y/manifest-summary.json');
  });

  test('does not show what looks like a key or a token', async () => {
    const { service, take } = world();
    const token = 'FwoGZXIvYXdzEBYaDHhBNXJ5YWtleXRva2VuZm9ydGVzdGluZw';
    const failureMessage = `user AKIAIOSFODNN7EXAMPLE with ${token}== on arn:aws:kms:eu-west-1:123456789012:key/0f8fad5b-d9cb-469f-a165-70867728950e`;
    service.end = { status: 'FAILED', failureCode: 'KMSAccessDenied', failureMessage };
    const { message } = await faultOf(take());
    expect(message).toContain('user … with … on arn:aws:kms:eu-west-1:123456789012:key/0f8fad5b-d9cb');
  });

  test('is one that nobody knows any more', async () => {
    const { service, notes, take } = world();
    notes.facts = { clientToken: 't', requestedMs: START_MS, bucket: 'exports', exportArn: 'arn:gone' };
    expect(await faultOf(take())).toMatchObject({
      code: 'EXPORT_FAILED',
      detail: { failureCode: 'ExportNotFoundException' },
    });
    expect(service.clock.now() - START_MS).toBeGreaterThan(59_000);
    await take();
    expect(service.exportsMade).toBe(1);
  });

  test.each([
    ['a filter', { filtered: true }, 'filter'],
    ['another type', { type: 'INCREMENTAL_EXPORT' }, 'INCREMENTAL_EXPORT'],
  ])('is one with %s: it is refused, and the next call asks anew', async (_, more, word) => {
    const { service, take } = world();
    const whole = service.end;
    service.end = { ...whole, ...more };
    const fault = await faultOf(take());
    expect(fault).toMatchObject({ code: 'EXPORT_PARTIAL', exit: 4 });
    expect(fault.message).toContain(word);
    service.end = whole;
    await take();
    expect(service.exportsMade).toBe(2);
  });
});

describe('a service that tells little', () => {
  test('of a completed export: its manifest is where AWS puts it', async () => {
    const { service, take } = world();
    const nothing = {
      type: null,
      exportMs: null,
      bucket: null,
      prefix: null,
      manifestKey: null,
    };
    service.end = { ...nothing, status: 'COMPLETED' };
    const { summary, arn, exportMs } = await take();
    const id = arn.slice(arn.lastIndexOf('/') + 1);
    expect(summary).toEqual({ bucket: 'exports', key: `p/AWSDynamoDB/${id}/manifest-summary.json` });
    expect(exportMs).toBeNull();
  });
});

describe('a manifest', () => {
  const arn = `${music.arn}/export/01718000000000-1a2b3c4d`;
  const summary = {
    id: '01718000000000-1a2b3c4d',
    exportMs: START_MS,
    place: { summary: { bucket: 'exports', key: 'p/manifest-summary.json' }, ownFolder: '' },
  };

  test('may tell the time of its export less exactly than DescribeExport, or alone', () => {
    for (const exportMs of [START_MS, START_MS + 999, null]) assertDescribed(summary, { arn, exportMs });
  });

  test('of another export, or of another time, is refused', () => {
    const refused = { name: 'ConnectError', code: 'EXPORT_MANIFEST_INVALID' };
    const other = { arn: `${music.arn}/export/01718000000001-1a2b3c4d`, exportMs: START_MS };
    expect(() => assertDescribed(summary, other)).toThrow(expect.objectContaining(refused));
    const later = { arn, exportMs: START_MS + 61_000 };
    expect(() => assertDescribed(summary, later)).toThrow(expect.objectContaining(refused));
  });
});

describe('point-in-time recovery that is off', () => {
  test('is refused with the very command that turns it on', async () => {
    const { service, take } = world();
    service.pitr = false;
    const fault = await faultOf(take());
    expect(fault).toMatchObject({ code: 'SOURCE_PITR_OFF', exit: 4, detail: { table: 'Music' } });
    expect(fault.message).toContain(
      'aws dynamodb update-continuous-backups --table-name Music ' +
        '--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true --region eu-west-1',
    );
    expect(service.exportsMade).toBe(0);
  });

  test('is turned on where that is asked for, noted before and in every later note', async () => {
    const { service, notes, take } = world({ enablePitr: true });
    service.pitr = false;
    notes.onNote = () => service.calls.push('note');
    await take();
    const order = service.calls.filter((call) => call === 'note' || call === 'enableBackups');
    expect(order.slice(0, 2)).toEqual(['note', 'enableBackups']);
    expect(notes.pages.map((page) => page['pitrEnabled'])).toEqual([true, true, true]);
  });

  test('is not noted where it was on', async () => {
    const { service, notes, take } = world({ enablePitr: true });
    await take();
    expect(service.calls).not.toContain('enableBackups');
    expect(notes.pages.map((page) => page['pitrEnabled'])).toEqual([false, false]);
  });

  test('and turned on is waited for until an export can be made', async () => {
    const { service, take } = world({ enablePitr: true });
    service.pitr = false;
    service.failures['enableBackups'] = [refusal('ContinuousBackupsUnavailableException')];
    service.failures['request'] = [
      refusal('InvalidExportTimeException'),
      refusal('PointInTimeRecoveryUnavailableException'),
    ];
    await take();
    expect(service.exportsMade).toBe(1);
  });

  test('and turned on by an earlier call that failed stays noted', async () => {
    const { service, notes, take } = world({ enablePitr: true });
    service.pitr = false;
    service.end = { status: 'FAILED', failureCode: 'UNKNOWN' };
    await faultOf(take());
    expect(notes.facts).toMatchObject({ pitrEnabled: true });
  });
});

describe('a request that is refused', () => {
  const many = (error: Error) => Array.from({ length: 20 }, () => error);
  test.each([
    ['ExportConflictException', '', 'EXPORT_CONFLICT', 4],
    ['InvalidExportTimeException', '', 'EXPORT_TIME_REFUSED', 4],
    ['TableNotFoundException', '', 'SOURCE_TABLE_MISSING', 4],
    ['AccessDeniedException', 'not authorized to perform: s3:PutObject', 'SOURCE_ACCESS_DENIED', 4],
    ['AccessDeniedException', 'not authorized to perform: kms:GenerateDataKey', 'EXPORT_KMS_DENIED', 4],
    ['ValidationException', 'PermanentRedirect: the bucket', 'EXPORT_BUCKET_REGION', 4],
    ['UnknownOperationException', '', 'EXPORT_UNSUPPORTED', 4],
    ['ValidationException', 'something else', 'SOURCE_REFUSED', 1],
    ['ThrottlingException', '', 'SOURCE_THROTTLED', 1],
    ['InternalServerError', '', 'SOURCE_UNREACHABLE', 1],
  ])('with %s %s says %s', async (awsCode, message, code, exit) => {
    const { service, take } = world();
    service.failures['request'] = many(refusal(awsCode, message));
    const fault = await faultOf(take());
    expect(fault).toMatchObject({ code, exit });
    expect(fault.message).toContain(awsCode);
    expect(fault.message).toContain('Music');
    expect(service.exportsMade).toBe(0);
  });

  test('for a moment is tried again with the same token', async () => {
    const { service, take } = world();
    service.failures['request'] = [refusal('ThrottlingException'), refusal('InternalServerError', '', 500)];
    await take();
    expect(service.exportsMade).toBe(1);
    expect(new Set(service.requests.map(({ clientToken }) => clientToken)).size).toBe(1);
  });

  test('because the account makes as many exports as it may waits for others to end, and asks once a minute', async () => {
    const { service, take } = world();
    service.failures['request'] = many(refusal('LimitExceededException'));
    const begunMs = service.clock.now();
    await take();
    expect(service.exportsMade).toBe(1);
    expect(new Set(service.requests.map(({ clientToken }) => clientToken)).size).toBe(1);
    expect(service.clock.now() - begunMs).toBeGreaterThanOrEqual(20 * 60_000);
  });

  test('because point-in-time recovery was turned off meanwhile names the command', async () => {
    const { service, take } = world();
    service.failures['request'] = [refusal('PointInTimeRecoveryUnavailableException')];
    const fault = await faultOf(take());
    expect(fault.code).toBe('SOURCE_PITR_OFF');
    expect(fault.message).toContain('update-continuous-backups --table-name Music');
  });

  test('because another table stands under the name is a gap', async () => {
    const { service, take } = world();
    service.tableId = 'another';
    expect(await faultOf(take())).toMatchObject({ code: 'SOURCE_DATA_GAP' });
  });
});
