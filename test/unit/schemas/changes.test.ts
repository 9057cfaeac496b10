import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SlabWriter } from '../../../schemas/bytes.ts';
import type { ChangeRecord, Marker, Op } from '../../../schemas/change.ts';
import { isStreamOrigin } from '../../../schemas/change.ts';
import {
  decodeChange,
  decodeMarker,
  encodeChange,
  encodeChangeInto,
  encodeMarker,
  kindOfValue,
} from '../../../schemas/change-codec.ts';
import { FRAME_BYTES, FRAMES } from '../../../schemas/framing.ts';
import { Item } from '../../../schemas/item.ts';
import { encodeKey } from '../../../schemas/key.ts';
import { attributes } from '../../conformance/arbitraries.ts';
import { changeType, holdable, markerType, wrap } from './oracle.ts';

/** The other library stops one below 2^53 − 1. */
const longs = fc.maxSafeNat().map((n) => Math.min(n, Number.MAX_SAFE_INTEGER - 1));
const sequence = fc.bigInt({ min: 10n ** 20n, max: 10n ** 40n - 1n }).map(String);
const text = fc.string({ unit: 'binary', maxLength: 40 });
const origin = fc.oneof(
  fc.record({ snapshot: text, file: text, line: longs }),
  fc.record({ shard: text, sequence, event: text, ttl: fc.boolean() }),
);
const item = attributes.map((a) => Item.fromAttributes(a));
const key = encodeKey([{ name: 'k', type: 'S' }], new Map([['k', { S: 'x' }]]));
const changes: fc.Arbitrary<ChangeRecord> = fc
  .record({
    op: fc.constantFrom<Op>('r', 'c', 'u', 'd'),
    version: longs,
    table: text,
    origin,
    timestampMs: longs,
    key: fc.constant(key),
    before: fc.option(item),
    after: item,
  })
  .map((change) => (change.op === 'd' ? { ...change, after: null } : change));
const markers: fc.Arbitrary<Marker> = fc.record({
  kind: fc.constantFrom('begin' as const, 'complete' as const),
  snapshot: text,
  rank: fc.nat(),
  version: longs,
  exportMs: longs,
  changesOffset: fc.option(longs),
  rows: fc.option(longs),
});

/** A record as plain values, to compare. */
function plain(change: ChangeRecord): unknown {
  return { ...change, before: change.before?.attributes ?? null, after: change.after?.attributes ?? null };
}

function asLibrary(change: ChangeRecord): unknown {
  const { origin: at, before, after } = change;
  const wrapped = (image: Item | null) => (image === null ? null : { map: wrap(image.attributes) });
  return {
    op: change.op,
    ts_us: change.version,
    source: { table: change.table, at: { [isStreamOrigin(at) ? 'messina.Stream' : 'messina.Export']: at } },
    before: wrapped(before),
    after: wrapped(after),
  };
}

const invalid = expect.objectContaining({ code: 'AVRO_INVALID' }) as Error;

describe('a change', () => {
  // Law 5
  test('comes back as it went', () => {
    fc.assert(
      fc.property(changes, (change) => {
        const value = encodeChange(change);
        expect(kindOfValue(value)).toBe('change');
        expect(plain(decodeChange(value, change.key, change.timestampMs))).toEqual(plain(change));
      }),
      { numRuns: 150 },
    );
  });

  test('is read and written by another Avro library with the published schema', () => {
    const fits = (image: Item | null) => image === null || holdable(image.attributes);
    fc.assert(
      fc.property(
        changes.filter(({ before, after }) => fits(before) && fits(after)),
        (change) => {
          const library = asLibrary(change);
          const body = encodeChange(change).subarray(FRAME_BYTES);
          expect(changeType.fromBuffer(body)).toEqual(library);
          const theirs = Buffer.concat([FRAMES.change, changeType.toBuffer(library)]);
          expect(plain(decodeChange(theirs, change.key, change.timestampMs))).toEqual(plain(change));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('carries the bytes of its items as they are', () => {
    const json = Buffer.from('{"k":{"S":"x"},"n":{"N":"1.50"}}');
    const after = Item.fromJson(json);
    const record: ChangeRecord = { ...golden, after };
    const decoded = decodeChange(encodeChange(record), key, 0);
    expect(decoded.after?.avro).toEqual(after.avro);
    expect(decoded.after?.json.toString()).toBe('{"k":{"S":"x"},"n":{"N":"1.5"}}');
  });

  test('shares a slab with the others of its batch', () => {
    const out = new SlabWriter(4096);
    const values = [1, 2, 3].map((version) => encodeChangeInto(out, { ...golden, version }));
    expect(values.map((value) => decodeChange(value, key, 0).version)).toEqual([1, 2, 3]);
    expect(new Set(values.map((value) => value.buffer)).size).toBe(1);
  });

  test('cut off anywhere, or longer than it is, is refused', () => {
    const value = encodeChange(golden);
    for (let end = FRAME_BYTES; end < value.length; end++) {
      expect(() => decodeChange(value.subarray(0, end), key, 0)).toThrow(invalid);
    }
    expect(() => decodeChange(Buffer.concat([value, Buffer.alloc(1)]), key, 0)).toThrow(invalid);
  });

  test('whose version is negative or beyond 2^53 is refused', () => {
    for (const version of ['01', 'ffffffffffffffffff01', '80808080808080' + '20']) {
      const value = Buffer.concat([FRAMES.change, Buffer.from(`00${version}`, 'hex'), Buffer.alloc(20)]);
      expect(() => decodeChange(value, key, 0)).toThrow(invalid);
    }
    expect(() => encodeChange({ ...golden, version: 2 ** 53 })).toThrow(invalid);
  });

  test('has no item after it exactly when it is a delete', () => {
    expect(() => encodeChange({ ...golden, op: 'd' })).toThrow(invalid);
    expect(() => encodeChange({ ...golden, after: null })).toThrow(invalid);
    const value = encodeChange(golden);
    value[FRAME_BYTES] = 6;
    expect(() => decodeChange(value, key, 0)).toThrow(invalid);
  });
});

describe('a marker', () => {
  test('comes back as it went, also from another Avro library', () => {
    fc.assert(
      fc.property(markers, (marker) => {
        const value = encodeMarker(marker);
        expect(kindOfValue(value)).toBe('marker');
        expect(decodeMarker(value)).toEqual(marker);
        const { kind, snapshot, rank, version, exportMs, changesOffset, rows } = marker;
        const long = (n: number | null) => (n === null ? null : { long: n });
        const library = {
          kind,
          snapshot,
          rank,
          ts_us: version,
          export_ms: exportMs,
          changes_offset: long(changesOffset),
          rows: long(rows),
        };
        expect(markerType.toBuffer(library)).toEqual(value.subarray(FRAME_BYTES));
      }),
    );
  });

  test('is no change, and neither is anything else', () => {
    const unknown = expect.objectContaining({ code: 'SCHEMA_UNKNOWN' }) as Error;
    expect(() => decodeChange(encodeMarker(goldenMarker), key, 0)).toThrow(unknown);
    expect(() => decodeMarker(encodeChange(golden))).toThrow(unknown);
    expect(() => kindOfValue(key)).toThrow(unknown);
    expect(() => kindOfValue(Buffer.alloc(0))).toThrow(unknown);
  });
});

const golden: ChangeRecord = {
  op: 'u',
  version: 1763686800000001,
  table: 'Music',
  origin: { shard: 'shardId-1', sequence: '28902000000000058232616929', event: 'e1', ttl: false },
  timestampMs: 1763686800000,
  key,
  before: null,
  after: Item.fromJson(
    Buffer.from(
      '{"k":{"S":"x"},"n":{"N":"-19.95"},"b":{"B":"AP8Q"},"t":{"BOOL":true},"z":{"NULL":true},"m":{"M":{"l":{"L":[{"S":""},{"M":{}}]}}},"ss":{"SS":["a","é"]},"ns":{"NS":["1","2"]},"bs":{"BS":["AQ=="]}}',
    ),
  ),
};
const goldenMarker: Marker = {
  kind: 'complete',
  snapshot: '01718000000000-1a2b3c4d',
  rank: 1,
  version: 1763686800000001,
  exportMs: 1763686800000,
  changesOffset: null,
  rows: 1000,
};

/** Bytes as they lie in somebody's topic. They must be read for ever: when one of these fails, the code is wrong, not the test. */
describe('stored bytes', () => {
  test('of a change are still read, and still written', () => {
    const stored = Buffer.from(
      'c3012105297a7ccb9a42048290acd38a84a2060a4d757369630212736861726449642d3134323839303230303030303030303030353832333236313639323904653100000212026b000278026e020c2d31392e39350262040600ff1002740601027a08026d0a02026c0c0400000a0000000473730e04026104c3a900046e7310040231023200046273120202010000',
      'hex',
    );
    expect(plain(decodeChange(stored, key, golden.timestampMs))).toEqual(plain(golden));
    expect(encodeChange(golden).toString('hex')).toBe(stored.toString('hex'));
  });

  test('of a marker are still read, and still written', () => {
    const stored = Buffer.from(
      'c3015c738114b4fe1aa4022e30313731383030303030303030302d3161326233633464028290acd38a84a20680eae6bed4660002d00f',
      'hex',
    );
    expect(decodeMarker(stored)).toEqual(goldenMarker);
    expect(encodeMarker(goldenMarker).toString('hex')).toBe(stored.toString('hex'));
  });

  test('of a key are still written', () => {
    expect(key.toString('hex')).toBe('c301065c11df71f7889402026b00027800');
  });
});
