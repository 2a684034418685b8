import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Device, DeviceClass, ResourceClaim, ResourceSlice } from '@typernetes/api/resource/v1';
import { messageOf } from '@typernetes/base';
import { parseQuantity } from '@typernetes/machinery';
import { makeDeviceClaim, makeDeviceClass, makeSlice, request } from '../testing/devices.ts';
import { makeNode } from '../testing/objects.ts';
import { allocate } from './allocate.ts';
import { poolId, poolsFor } from './pools.ts';
import { DeviceSelectors } from './selectors.ts';

const driver = 'gpu.example.com';
const node = makeNode('n1', { labels: { zone: 'a' } });
const selectors = new DeviceSelectors();
await selectors.load();

let serial = 0;
const shares = (given: Readonly<Record<string, string>> = {}) => ({
  isShared: () => Object.values(given).some((amount) => amount !== '0'),
  consumed: (_device: string, capacity: string) => parseQuantity(given[capacity] ?? '0'),
  newShareId: () => `share-${++serial}`,
});

interface Case {
  /** The memory of shared devices that claims already have. */
  readonly given?: string;
  readonly slices?: ResourceSlice[];
  readonly classes?: DeviceClass[];
  readonly claims: ResourceClaim[];
  readonly inUse?: string[];
  /** `request=device` of each claim; undefined when there is not enough; or the message. */
  readonly expected: string[] | undefined | string;
}

const device = (name: string, rest: Partial<Device> = {}): Device => ({ name, ...rest });
const gpu = (name: string, model: string, numa: number, rest: Partial<Device> = {}): Device =>
  device(name, { attributes: { model: { string: model }, numa: { int: numa } }, ...rest });
const three = makeSlice('n1', [gpu('g0', 'a', 0), gpu('g1', 'b', 0), gpu('g2', 'b', 1)]);
const is = (model: string) => ({
  selectors: [{ cel: { expression: `device.attributes["${driver}"].model == "${model}"` } }],
});
const taint = { key: 'broken', effect: 'NoSchedule' as const };
const cut = (name: string, memory: string): Device =>
  device(name, { consumesCounters: [{ counterSet: 'card', counters: { memory: { value: memory } } }] });
const card = [
  makeSlice('n1', [cut('half-1', '20Gi'), cut('half-2', '20Gi'), cut('whole', '40Gi')], {
    pool: { name: 'n1', generation: 1, resourceSliceCount: 2 },
  }),
  makeSlice('n1', [], {
    pool: { name: 'n1', generation: 1, resourceSliceCount: 2 },
    sharedCounters: [{ name: 'card', counters: { memory: { value: '40Gi' } } }],
  }),
];

const memory = {
  value: '10Gi',
  requestPolicy: { default: '2Gi', validRange: { min: '2Gi', max: '10Gi', step: '2Gi' } },
};
const shared = makeSlice('n1', [
  device('s0', { allowMultipleAllocations: true, capacity: { memory } }),
  device('s1', { allowMultipleAllocations: true, capacity: { memory } }),
]);
const asks = (amount: string) => ({ capacity: { requests: { memory: amount } } });

const cases: Record<string, Case> = {
  'one of a kind': { claims: [makeDeviceClaim('c', [request('r', is('b'))])], expected: ['r=g1'] },
  'what the class selects': {
    classes: [makeDeviceClass('gpu', `device.attributes["${driver}"].numa == 1`)],
    claims: [makeDeviceClaim('c', [request('r')])],
    expected: ['r=g2'],
  },
  'not what others have': { claims: [makeDeviceClaim('c', [request('r')])], inUse: ['g0'], expected: ['r=g1'] },
  'several of several requests and claims': {
    claims: [makeDeviceClaim('c', [request('r', { count: 2 })]), makeDeviceClaim('d', [request('s')])],
    expected: ['r=g0 r=g1', 's=g2'],
  },
  'more than there are': { claims: [makeDeviceClaim('c', [request('r', { count: 4 })])], expected: undefined },
  'the first choice is revised': {
    claims: [makeDeviceClaim('c', [request('any'), request('a', is('a'))])],
    expected: ['any=g1 a=g0'],
  },
  'all of a kind': {
    claims: [makeDeviceClaim('c', [request('r', { allocationMode: 'All', ...is('b') })])],
    expected: ['r=g1 r=g2'],
  },
  'all, and one is taken': {
    claims: [makeDeviceClaim('c', [request('r', { allocationMode: 'All' })])],
    inUse: ['g2'],
    expected: undefined,
  },
  'all of nothing': {
    claims: [makeDeviceClaim('c', [request('r', { allocationMode: 'All', ...is('z') })])],
    expected: undefined,
  },
  'administrators look at what others use': {
    claims: [makeDeviceClaim('c', [request('r', { allocationMode: 'All', adminAccess: true })])],
    inUse: ['g0', 'g1'],
    expected: ['r=g0! r=g1! r=g2!'],
  },
  'what is common to all devices': {
    claims: [
      makeDeviceClaim('c', [request('r', { count: 2 })], { constraints: [{ matchAttribute: `${driver}/model` }] }),
    ],
    expected: ['r=g1 r=g2'],
  },
  'what is common to some requests': {
    claims: [
      makeDeviceClaim('c', [request('x'), request('y', is('b')), request('z', is('b'))], {
        constraints: [{ requests: ['x', 'z'], matchAttribute: `${driver}/numa` }],
      }),
    ],
    expected: ['x=g0 y=g2 z=g1'],
  },
  'an attribute that no device has': {
    claims: [makeDeviceClaim('c', [request('r')], { constraints: [{ matchAttribute: 'other.example.com/x' }] })],
    expected: undefined,
  },
  'the first alternative that there is': {
    claims: [
      makeDeviceClaim('c', [
        {
          name: 'r',
          firstAvailable: [
            { name: 'many', deviceClassName: 'gpu', count: 4 },
            { name: 'two', deviceClassName: 'gpu', count: 2, ...is('b') },
            { name: 'one', deviceClassName: 'gpu' },
          ],
        },
      ]),
    ],
    expected: ['r/two=g1 r/two=g2'],
  },
  'tainted devices wait for those who bear it': {
    slices: [
      makeSlice('n1', [device('g0', { taints: [taint] }), device('g1', { taints: [{ ...taint, effect: 'None' }] })]),
    ],
    claims: [
      makeDeviceClaim('c', [request('r')]),
      makeDeviceClaim('d', [request('s', { tolerations: [{ key: 'broken', operator: 'Exists' }] })]),
    ],
    expected: ['r=g1', 's=g0'],
  },
  'parts of one card': {
    slices: card,
    claims: [makeDeviceClaim('c', [request('r', { count: 2 })])],
    expected: ['r=half-1 r=half-2'],
  },
  'a card that is partly given away': {
    slices: card,
    claims: [makeDeviceClaim('c', [request('r', { count: 2 })])],
    inUse: ['half-2'],
    expected: undefined,
  },
  'only devices that are on the node': {
    slices: [
      makeSlice('n2', [device('far')]),
      makeSlice('zone', [device('near')], {
        nodeName: '',
        nodeSelector: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }] },
      }),
      makeSlice('each', [device('other', { nodeName: 'n2' }), device('own', { nodeName: 'n1' })], {
        nodeName: '',
        perDeviceNodeSelection: true,
      }),
    ],
    claims: [makeDeviceClaim('c', [request('r', { count: 2 })])],
    expected: ['r=own r=near'],
  },
  'the newest generation of a pool': {
    slices: [
      makeSlice('n1', [device('old')]),
      makeSlice('n1', [device('new')], { pool: { name: 'n1', generation: 2, resourceSliceCount: 1 } }),
    ],
    claims: [makeDeviceClaim('c', [request('r')])],
    expected: ['r=new'],
  },
  'a pool that is being written': {
    slices: [makeSlice('n1', [device('g')], { pool: { name: 'n1', generation: 2, resourceSliceCount: 2 } })],
    claims: [makeDeviceClaim('c', [request('r')])],
    expected: undefined,
  },
  'all of a pool that is being written': {
    slices: [makeSlice('n1', [device('g')], { pool: { name: 'n1', generation: 2, resourceSliceCount: 2 } })],
    claims: [makeDeviceClaim('c', [request('r', { allocationMode: 'All' })])],
    expected:
      'claim default/c, request r: asks for all devices, but resource pool gpu.example.com/n1 is currently being updated',
  },
  'two devices of one name': {
    slices: [makeSlice('n1', [device('g'), device('g')])],
    claims: [makeDeviceClaim('c', [request('r')])],
    expected: 'invalid resource pools were encountered',
  },
  'more than a claim can hold': {
    claims: [makeDeviceClaim('c', [request('r', { count: 33 })])],
    expected: 'claim default/c: number of requested devices 33 exceeds the claim limit of 32',
  },
  'parts of a device that several share': {
    slices: [shared],
    claims: [makeDeviceClaim('c', [request('r', asks('3Gi'))]), makeDeviceClaim('d', [request('s', asks('9Gi'))])],
    expected: ['r=s0:4Gi', 's=s1:10Gi'],
  },
  'all parts of one request from the same device, where nothing is asked for': {
    slices: [shared],
    claims: [makeDeviceClaim('c', [request('r', { count: 3 })])],
    expected: ['r=s0:2Gi r=s0:2Gi r=s0:2Gi'],
  },
  'what others left of a shared device': {
    slices: [shared],
    given: '7Gi',
    claims: [makeDeviceClaim('c', [request('r', asks('2Gi'))]), makeDeviceClaim('d', [request('s', asks('2Gi'))])],
    expected: ['r=s0:2Gi', 's=s1:2Gi'],
  },
  'more than a device gives to one': {
    slices: [shared],
    claims: [makeDeviceClaim('c', [request('r', asks('11Gi'))])],
    expected: undefined,
  },
  'a capacity that devices have not': {
    slices: [shared],
    claims: [makeDeviceClaim('c', [request('r', { capacity: { requests: { cores: '1' } } })])],
    expected: undefined,
  },
  'devices that differ': {
    claims: [
      makeDeviceClaim('c', [request('r', { count: 2 })], { constraints: [{ distinctAttribute: `${driver}/numa` }] }),
    ],
    expected: ['r=g0 r=g2'],
  },
  'what is ready before what has to be prepared': {
    slices: [makeSlice('n1', [device('far', { bindingConditions: ['Attached'] }), device('near')])],
    claims: [makeDeviceClaim('c', [request('r', { count: 2 })])],
    expected: ['r=near r=far:Attached'],
  },
  'an expression that fails': {
    claims: [
      makeDeviceClaim('c', [
        request('r', { selectors: [{ cel: { expression: `device.attributes["${driver}"].speed > 1` } }] }),
      ]),
    ],
    expected: 'claim default/c: selector #0 on device gpu.example.com/n1/g0: CEL runtime error: no such key: speed',
  },
  'an expression of a class that means nothing': {
    classes: [makeDeviceClass('gpu', 'nothing')],
    claims: [makeDeviceClaim('c', [request('r')])],
    expected:
      "class gpu: selector #0: CEL compile error: ERROR: <input>:1:1: undeclared reference to 'nothing' (in container '')\n | nothing\n | ^",
  },
};

for (const [
  name,
  { slices = [three], classes = [makeDeviceClass('gpu')], claims, inUse = [], given = '0', expected },
] of Object.entries(cases))
  test(`devices: ${name}`, () => {
    const taken = new Set(inUse.map((one) => `${driver}/n1/${one}`));
    const source = {
      onNode: (one: string) => slices.filter(({ spec }) => (spec.nodeName ?? '') === one),
      ofPool: (id: string) => slices.filter((one) => poolId(one) === id),
    };
    const run = () =>
      allocate(claims, node, {
        pools: poolsFor(node, source),
        selectors,
        deviceClass: (one) => classes.find(({ metadata }) => metadata.name === one),
        isInUse: (id) => taken.has(id),
        ...shares({ memory: given }),
        isOver: () => false,
      });
    if (typeof expected === 'string') {
      assert.throws(run, (error) => messageOf(error) === expected || assert.equal(messageOf(error), expected));
      return;
    }
    const found = run()?.map(({ devices }) =>
      (devices?.results ?? [])
        .map((one) =>
          [
            `${one.request}=${one.device}${one.adminAccess ? '!' : ''}`,
            ...(one.consumedCapacity ? [one.consumedCapacity.memory] : []),
            ...(one.bindingConditions ?? []),
          ].join(':'),
        )
        .join(' '),
    );
    assert.deepEqual(found, expected);
  });

test('an allocation says where it can be used and what to configure', () => {
  const opaque = (mode: string) => ({ opaque: { driver, parameters: { mode } } });
  const classes = [makeDeviceClass('gpu', undefined, { config: [opaque('class')] }), makeDeviceClass('nic')];
  const claim = makeDeviceClaim('c', [request('r'), request('n', { deviceClassName: 'nic' })], {
    config: [opaque('all'), { requests: ['n'], ...opaque('n') }, { requests: ['absent'], ...opaque('x') }],
  });
  const source = { onNode: (one: string) => (one === 'n1' ? [three] : []), ofPool: () => [three] };
  const [result] =
    allocate([claim], node, {
      pools: poolsFor(node, source),
      selectors,
      deviceClass: (one) => classes.find(({ metadata }) => metadata.name === one),
      isInUse: () => false,
      ...shares(),
      isOver: () => false,
    }) ?? [];
  assert.deepEqual(result?.nodeSelector, {
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }],
  });
  assert.deepEqual(result?.devices?.config, [
    { source: 'FromClass', requests: ['r'], ...opaque('class') },
    { source: 'FromClaim', ...opaque('all') },
    { source: 'FromClaim', requests: ['n'], ...opaque('n') },
  ]);
});

test('a search that takes too long ends', () => {
  const source = { onNode: (one: string) => (one === 'n1' ? [three] : []), ofPool: () => [three] };
  assert.throws(
    () =>
      allocate([makeDeviceClaim('c', [request('r')])], node, {
        pools: poolsFor(node, source),
        selectors,
        deviceClass: () => makeDeviceClass('gpu'),
        isInUse: () => false,
        ...shares(),
        isOver: () => true,
      }),
    /timed out trying to allocate devices/,
  );
});
