import { describe, expect, test } from 'vitest';
import type { Mending } from '../../../connectors/connector.ts';
import { AlternatorNodes } from '../../../dynamodb/endpoints.ts';
import { DynamoDbError } from '../../../dynamodb/errors.ts';
import { Item } from '../../../schemas/item.ts';
import { encodeKey } from '../../../schemas/key.ts';
import type { AttributeValue, KeySchema } from '../../../schemas/values.ts';
import { conditionOf } from '../../../sink/alternator/condition.ts';
import { AlternatorMender } from '../../../sink/alternator/mender.ts';
import { NodeRing } from '../../../sink/alternator/nodes.ts';
import { InFlight } from '../../../sink/in-flight.ts';
import { attributes } from '../../sink-records.ts';
import { errors } from './fake-cluster.ts';
import { JumpingClock } from './jumping-clock.ts';

const keySchema: KeySchema = [
  { name: 'id', type: 'S' },
  { name: 'n', type: 'N' },
];

const itemOf = (others: Record<string, AttributeValue> = {}, id = 'x') =>
  Item.fromAttributes(attributes({ id: { S: id }, n: { N: '1' }, ...others }));

const mendingOf = (id: string, seen: Item | null, wanted: Item | null): Mending => ({
  key: encodeKey(keySchema, attributes({ id: { S: id }, n: { N: '1' } })),
  seen,
  wanted,
  newest: -1,
  loosely: false,
});

describe('the condition that a row is still what was seen', () => {
  test('is absence, where nothing was seen', () => {
    expect(conditionOf(null, itemOf({ a: { S: '1' } }), keySchema, false)).toEqual({
      expression: 'attribute_not_exists(#k)',
      names: { '#k': 'id' },
      values: null,
    });
  });

  test('names every attribute seen, and those that a newer image would have; what ought to change comes first', () => {
    const seen = itemOf({ same: { S: 's' }, tags: { SS: ['a', 'b'] }, old: { NULL: true } });
    const wanted = itemOf({ same: { S: 's' }, tags: { SS: ['b', 'c'] }, new: { N: '1' } });
    const { expression, names, values } = conditionOf(seen, wanted, keySchema, false);
    expect(expression).toBe(
      'attribute_exists(#k) AND attribute_not_exists(#1) AND #2 = :2 AND #3 = :3 AND #4 = :4',
    );
    expect(names).toEqual({ '#k': 'id', '#1': 'new', '#2': 'old', '#3': 'tags', '#4': 'same' });
    expect(JSON.parse(values!)).toEqual({
      ':2': { NULL: true },
      ':3': { SS: ['a', 'b'] },
      ':4': { S: 's' },
    });
  });

  test('is that the row is there, where it was nothing but a key', () => {
    expect(conditionOf(itemOf(), null, keySchema, false)).toEqual({
      expression: 'attribute_exists(#k)',
      names: { '#k': 'id' },
      values: null,
    });
  });

  test('asks of collections only that they exist, once comparing them has failed', () => {
    const seen = itemOf({ list: { L: [] }, map: { M: new Map() }, text: { S: 't' } });
    const { expression } = conditionOf(seen, null, keySchema, true);
    expect(expression).toBe(
      'attribute_exists(#k) AND attribute_exists(#1) AND attribute_exists(#2) AND #3 = :3',
    );
  });

  test('fits an expression, whatever the number of attributes', () => {
    const many = (prefix: string) =>
      Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`${prefix}${n}`, { S: '' }]));
    const { expression, names } = conditionOf(itemOf(many('a')), itemOf(many('b')), keySchema, false);
    expect(expression.length).toBeLessThan(4096);
    expect(expression.split(/ AND |=|\(/).length).toBeLessThanOrEqual(300);
    expect(Object.keys(names)).toHaveLength(100);
  });
});

interface Sent {
  readonly node: string;
  readonly target: string;
  readonly body: string;
  readonly atMs: number;
}

function menderOf(answers: readonly (DynamoDbError | null)[], seeds = ['http://n1:1']) {
  const clock = new JumpingClock();
  const nodes = new AlternatorNodes({ seeds, probe: () => Promise.resolve([]) });
  const sent: Sent[] = [];
  const mender = new AlternatorMender({
    clock,
    signal: new AbortController().signal,
    table: 'Music',
    keySchema,
    nodes: new NodeRing(nodes, clock, 1000),
    inFlight: new InFlight(clock, { requestsMax: 16, bytesMax: 1 << 20, slowMs: 2500 }),
    rate: null,
    serverTimeoutMs: 10_000,
    clockSkewMs: 1000,
    call: async (node, target, body) => {
      sent.push({ node, target, body, atMs: clock.monotonic() });
      const answer = answers[sent.length - 1] ?? null;
      if (answer !== null) throw answer;
    },
    close: () => Promise.resolve(),
  });
  return { mender, sent, nodes };
}

const conditional = () =>
  new DynamoDbError('ConditionalCheckFailedException', 'The conditional request failed', { status: 400 });

describe('mending a row', () => {
  test('is one put or delete with its condition', async () => {
    const { mender, sent } = menderOf([]);
    const seen = itemOf({ a: { N: '1' } });
    const outcomes = await mender.mend([mendingOf('x', seen, itemOf({ a: { N: '2' } }))]);
    expect(outcomes).toEqual(['written']);
    expect(sent[0]!.target).toBe('DynamoDB_20120810.PutItem');
    expect(JSON.parse(sent[0]!.body)).toEqual({
      TableName: 'Music',
      Item: { id: { S: 'x' }, n: { N: '1' }, a: { N: '2' } },
      ConditionExpression: 'attribute_exists(#k) AND #1 = :1',
      ExpressionAttributeNames: { '#k': 'id', '#1': 'a' },
      ExpressionAttributeValues: { ':1': { N: '1' } },
    });
    await mender.mend([mendingOf('x', itemOf(), null)]);
    expect(sent[1]!.target).toBe('DynamoDB_20120810.DeleteItem');
    expect(JSON.parse(sent[1]!.body)).toEqual({
      TableName: 'Music',
      Key: { id: { S: 'x' }, n: { N: '1' } },
      ConditionExpression: 'attribute_exists(#k)',
      ExpressionAttributeNames: { '#k': 'id' },
    });
  });

  test.each([
    ['a condition that fails', conditional(), 'changed'],
    ['a server that gave up', errors.internal(), 'unknown'],
    ['no answer', errors.timeout(), 'unknown'],
    ['a refusal of the item', errors.invalid(), 'refused'],
    ['an item too large', errors.tooLarge(), 'refused'],
  ] as const)('after %s is not tried again', async (_, error, outcome) => {
    const { mender, sent } = menderOf([error]);
    expect(await mender.mend([mendingOf('x', null, itemOf())])).toEqual([outcome]);
    expect(sent).toHaveLength(1);
  });

  test('goes on after what was surely not executed', async () => {
    const { mender, sent } = menderOf([errors.throttled(), errors.refused()]);
    expect(await mender.mend([mendingOf('x', null, itemOf())])).toEqual(['written']);
    expect(sent).toHaveLength(3);
  });

  test('is given up with the error of a target that stays away', async () => {
    const { mender, sent } = menderOf(Array.from({ length: 1000 }, () => errors.refused()));
    await expect(mender.mend([mendingOf('x', null, itemOf())])).rejects.toMatchObject({
      code: 'TARGET_UNREACHABLE',
    });
    expect(sent.at(-1)!.atMs - sent[0]!.atMs).toBeGreaterThan(55_000);
  });

  test('is refused as a whole by a table that forbids conditions, with the tag that helps', async () => {
    const forbidden = new DynamoDbError(
      'ValidationException',
      "Read-modify-write operations are disabled by 'forbid_rmw' write isolation policy.",
      { status: 400 },
    );
    const { mender } = menderOf([forbidden]);
    await expect(mender.mend([mendingOf('x', null, itemOf())])).rejects.toThrow(/only_rmw_uses_lwt/);
  });

  test('waits for every other row before it throws', async () => {
    const { mender, sent } = menderOf([errors.denied(), errors.throttled()]);
    const mendings = ['x', 'y'].map((id) => mendingOf(id, null, itemOf({}, id)));
    await expect(mender.mend(mendings)).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED' });
    expect(sent).toHaveLength(3);
  });

  test("goes to the key's node", async () => {
    const { mender, sent, nodes } = menderOf([], ['http://n1:1', 'http://n2:1', 'http://n3:1']);
    const mendings = Array.from({ length: 30 }, (_, n) => mendingOf(`k${n}`, null, itemOf({}, `k${n}`)));
    await mender.mend(mendings);
    const nodeOf = new Map(
      mendings.map(({ key, wanted }) => [wanted!.json.toString(), nodes.nodeForKey(key)]),
    );
    for (const { node, body } of sent) {
      expect(node).toBe(nodeOf.get(JSON.stringify(JSON.parse(body).Item)));
    }
    expect(new Set(sent.map(({ node }) => node)).size).toBe(3);
  });

  test('settles after the server timeout and the skew bound', () => {
    expect(menderOf([]).mender.settleMs).toBe(11_000);
  });
});
