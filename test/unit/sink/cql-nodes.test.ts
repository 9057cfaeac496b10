import { EventEmitter } from 'node:events';
import cassandra from 'cassandra-driver';
import { describe, expect, test } from 'vitest';
import { AdvertisedAddresses } from '../../../sink/cql/advertised-addresses.ts';
import { contactPoint, hostAndPort, nodeAddresses } from '../../../sink/cql/contact-points.ts';
import { NodeChoice } from '../../../sink/cql/node-choice.ts';
import { cqlOptions } from '../../../sink/cql/options.ts';

interface Node {
  readonly address: string;
  readonly datacenter: string;
}

/** The driver's list of nodes: the one that answered first stands first. */
class Nodes extends EventEmitter {
  readonly nodes: Node[];

  constructor(nodes: readonly Node[]) {
    super();
    this.nodes = [...nodes];
  }

  values(): Node[] {
    return [...this.nodes];
  }
}

const a1 = { address: 'a1:9042', datacenter: 'a' };
const b1 = { address: 'b1:9042', datacenter: 'b' };
const b2 = { address: 'b2:9042', datacenter: 'b' };

function choiceOf(
  nodes: Nodes,
  dataCenter?: string,
  mayUse: (address: string) => boolean = () => true,
): { readonly error: unknown; plan(): string[]; isUsed(node: Node): boolean } {
  const choice = new NodeChoice(dataCenter, mayUse);
  let failed: unknown;
  choice.init(
    undefined as unknown as cassandra.Client,
    nodes as unknown as cassandra.HostMap,
    (error) => (failed = error),
  );
  return {
    error: failed,
    isUsed: (node) => choice.getDistance(node as cassandra.Host) === cassandra.types.distance.local,
    plan: () => {
      const addresses: string[] = [];
      choice.newQueryPlan('', null, (_error, plan) => {
        for (let next = plan.next(); next.done !== true; next = plan.next())
          addresses.push(next.value.address);
      });
      return addresses;
    },
  };
}

describe('the choice of nodes', () => {
  test('is the data centre of the node that answered first, its nodes in turn', () => {
    const choice = choiceOf(new Nodes([b1, a1, b2]));
    expect(choice.error).toBeUndefined();
    expect(choice.isUsed(a1)).toBe(false);
    const plans = [choice.plan(), choice.plan()];
    expect(plans.map((plan) => [...plan].sort())).toEqual([
      ['b1:9042', 'b2:9042'],
      ['b1:9042', 'b2:9042'],
    ]);
    expect(plans[0]![0]).not.toBe(plans[1]![0]);
  });

  test('follows nodes that come and go', () => {
    const nodes = new Nodes([b1, a1]);
    const choice = choiceOf(nodes);
    expect(choice.plan()).toEqual(['b1:9042']);
    nodes.nodes.push(b2);
    nodes.emit('add', b2);
    expect(choice.plan().sort()).toEqual(['b1:9042', 'b2:9042']);
    nodes.nodes.splice(0, 1);
    nodes.emit('remove', b1);
    expect(choice.plan()).toEqual(['b2:9042']);
    nodes.nodes.length = 0;
    nodes.emit('remove', b2);
    expect(choice.plan()).toEqual([]);
  });

  test('is the data centre that is asked for, or an error with the names there are', () => {
    const choice = choiceOf(new Nodes([b1, a1]), 'a');
    expect(choice.plan()).toEqual(['a1:9042']);
    const { error } = choiceOf(new Nodes([b1, a1]), 'c');
    expect(error).toMatchObject({
      code: 'TARGET_DATACENTER',
      message: 'There is no data centre "c": the cluster has "a", "b"',
    });
  });

  test('leaves out nodes that may not be used, and says so when none is left', () => {
    const choice = choiceOf(new Nodes([b1, b2]), undefined, (address) => address !== 'b2:9042');
    expect(choice.plan()).toEqual(['b1:9042']);
    const { error } = choiceOf(new Nodes([b1, a1]), 'a', (address) => address === 'b1:9042');
    expect(error).toMatchObject({ code: 'TARGET_DATACENTER' });
    expect((error as Error).message).toContain('target.discovery');
  });
});

describe('addresses', () => {
  test('of contact points have a port, and brackets where there are colons', () => {
    expect(['n1', 'n1:19042', '[::1]', '[fe80::1]:1'].map(contactPoint)).toEqual([
      'n1:9042',
      'n1:19042',
      '[::1]:9042',
      '[fe80::1]:1',
    ]);
    expect(hostAndPort('::1', 9042)).toEqual({ host: '::1', port: 9042 });
  });

  test('of names that nobody knows are none', async () => {
    expect(await nodeAddresses(['127.0.0.1:1', '[::1]:2', 'no-such-node.invalid'])).toEqual(
      new Set(['127.0.0.1:1', '::1:2']),
    );
  });

  test('that nodes tell of are translated, with their port first', () => {
    const addresses = new AdvertisedAddresses({
      '10.0.0.1': 'gate:1',
      '10.0.0.1:9043': 'gate:2',
      '10.0.0.2': 'other',
      '10.0.0.3': '[::1]:7',
      '[fd00::1]': 'six',
      '[fd00::1]:9043': 'six:1',
    });
    const translated = (address: string, port: number) => {
      let found = '';
      addresses.translate(address, port, (result) => (found = result));
      return found;
    };
    expect(addresses.has('gate:1')).toBe(false);
    expect(translated('10.0.0.1', 9042)).toBe('gate:1');
    expect(translated('10.0.0.1', 9043)).toBe('gate:2');
    expect(translated('10.0.0.2', 9042)).toBe('other:9042');
    expect(translated('10.0.0.3', 9042)).toBe('::1:7');
    expect(translated('10.0.0.4', 9042)).toBe('10.0.0.4:9042');
    expect(translated('fd00::1', 9042)).toBe('six:9042');
    expect(translated('fd00::1', 9043)).toBe('six:1');
    expect(translated('fd00::2', 9042)).toBe('fd00::2:9042');
    expect(translated('constructor', 9042)).toBe('constructor:9042');
    expect(addresses.has('gate:1')).toBe(true);
  });
});

describe('options', () => {
  test('need contact points and a keyspace, and fill in the rest', () => {
    expect(cqlOptions.parse({ contactPoints: ['n1'], keyspace: 'Music' })).toEqual({
      contactPoints: ['n1'],
      keyspace: 'Music',
      discovery: 'auto',
      addressTranslation: {},
      consistency: 'localQuorum',
      createTables: true,
      existing: 'refuse',
      mappings: [],
    });
  });

  test.each([
    [{ contactPoints: [] }, 'contactPoints'],
    [{ contactPoints: ['http://n1'] }, 'contactPoints.0'],
    [{ keyspace: 'my-keyspace' }, 'keyspace'],
    [{ consistency: 'serial' }, 'consistency'],
    [{ tls: { unknown: true } }, 'tls'],
  ])('refuse %j', (more, path) => {
    const parsed = cqlOptions.safeParse({ contactPoints: ['n1'], keyspace: 'music', ...more });
    expect(parsed.error?.issues[0]?.path.join('.')).toBe(path);
  });
});
