import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  applyStrategicMergePatch,
  createStrategicPatch,
  createThreeWayStrategicPatch,
  type JsonObject,
  strategicConflict,
} from '@typernetes/machinery';
import { schemaOfType } from './schemas.ts';

const podSpec = schemaOfType('core/v1.PodSpec');
const metadata = schemaOfType('meta/v1.ObjectMeta');
const deploymentSpec = schemaOfType('apps/v1.DeploymentSpec');

const merged: [
  name: string,
  of: { original: JsonObject; patch: JsonObject; result: JsonObject; schema?: typeof podSpec },
][] = [
  [
    'lists merge by key, new items follow',
    {
      original: {
        containers: [
          { name: 'a', image: '1' },
          { name: 'b', image: '1' },
        ],
      },
      patch: {
        containers: [
          { name: 'b', image: '2' },
          { name: 'c', image: '3' },
        ],
      },
      result: {
        containers: [
          { name: 'a', image: '1' },
          { name: 'b', image: '2' },
          { name: 'c', image: '3' },
        ],
      },
    },
  ],
  [
    'an item is deleted by directive',
    {
      original: { containers: [{ name: 'a' }, { name: 'b' }] },
      patch: { containers: [{ name: 'a', $patch: 'delete' }] },
      result: { containers: [{ name: 'b' }] },
    },
  ],
  [
    'a list is replaced by directive',
    {
      original: { containers: [{ name: 'a' }, { name: 'b' }] },
      patch: { containers: [{ name: 'c' }, { $patch: 'replace' }] },
      result: { containers: [{ name: 'c' }] },
    },
  ],
  [
    'an order is set',
    {
      original: { containers: [{ name: 'a' }, { name: 'side' }, { name: 'b' }] },
      patch: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] },
      result: { containers: [{ name: 'side' }, { name: 'b' }, { name: 'a' }] },
    },
  ],
  [
    'alternatives give way to the retained one',
    {
      original: { volumes: [{ name: 'v', emptyDir: {} }] },
      patch: { volumes: [{ name: 'v', hostPath: { path: '/x' }, $retainKeys: ['name', 'hostPath'] }] },
      result: { volumes: [{ name: 'v', hostPath: { path: '/x' } }] },
    },
  ],
  [
    'scalars of a merging list are deleted by directive',
    {
      schema: metadata,
      original: { finalizers: ['a', 'b'], labels: { x: '1' } },
      patch: { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['c'], labels: { x: null, y: '2' } },
      result: { finalizers: ['b', 'c'].reverse(), labels: { y: '2' } },
    },
  ],
  [
    'lists without a strategy are replaced',
    {
      original: { tolerations: [{ key: 'a' }] },
      patch: { tolerations: [{ key: 'b' }] },
      result: { tolerations: [{ key: 'b' }] },
    },
  ],
  [
    'a map is replaced by directive',
    {
      original: { nodeSelector: { a: '1' } },
      patch: { nodeSelector: { $patch: 'replace', b: '2' } },
      result: { nodeSelector: { b: '2' } },
    },
  ],
];

for (const [name, { original, patch, result, schema = podSpec }] of merged) {
  test(`strategic merge: ${name}`, () => {
    assert.deepEqual(applyStrategicMergePatch(original, patch, schema), result);
  });
}

/** The answers of kube-apiserver 1.20. */
const refused: readonly [patch: JsonObject, code: number, message: string][] = [
  [{ containers: [{ image: 'x' }] }, 500, 'map: map[image:x] does not contain declared merge key: name'],
  [{ containers: [{ $patch: 'delete' }] }, 500, 'map: map[$patch:delete] does not contain declared merge key: name'],
  [{ containers: [{ name: 'a', $patch: 'merge' }] }, 500, 'merging lists cannot yet be specified in the patch'],
  [
    { containers: [{ name: 'b', image: 'x' }, { $patch: 'grow' }] },
    500,
    'unknown patch type: grow in map: map[$patch:grow]',
  ],
  [{ securityContext: { $patch: 'merge' } }, 500, 'unknown patch type: merge in map: map[$patch:merge]'],
  [{ volumes: [{ name: 'v', $retainKeys: ['x'], emptyDir: {} }] }, 400, 'invalid patch format of retainKeys'],
  [{ volumes: [{ name: 'v', $retainKeys: 'x' }] }, 400, 'invalid patch format of retainKeys'],
  [{ '$setElementOrder/containers': 'x' }, 400, 'invalid patch format of setElementOrder list'],
];

for (const [patch, code, message] of refused) {
  test(`strategic merge rejects ${JSON.stringify(patch)}`, () => {
    const original = { containers: [{ name: 'a' }], volumes: [{ name: 'v' }], securityContext: {} };
    assert.throws(() => applyStrategicMergePatch(original, patch, podSpec), { code, message });
  });
}

test('a list that does not exist yet is taken from the patch without looking at keys', () => {
  const patch = { imagePullSecrets: [{ name: 's' }, { $patch: 'delete', name: 't' }, {}] };
  assert.deepEqual(applyStrategicMergePatch({}, patch, podSpec), { imagePullSecrets: [{ name: 's' }, {}] });
});

test('a client-side apply changes only the fields it mentions', () => {
  const original = { containers: [{ name: 'a', image: '1', command: ['x'] }, { name: 'old' }] };
  const modified = { containers: [{ name: 'a', image: '2' }] };
  const current = {
    containers: [
      { name: 'a', image: '1', command: ['x'], imagePullPolicy: 'Always' },
      { name: 'old' },
      { name: 'side' },
    ],
    dnsPolicy: 'ClusterFirst',
  };
  const patch = createThreeWayStrategicPatch({ original, modified, current }, podSpec);
  assert.deepEqual(patch, {
    containers: [
      { name: 'a', image: '2', command: null },
      { $patch: 'delete', name: 'old' },
    ],
    '$setElementOrder/containers': [{ name: 'a' }],
  });
  assert.deepEqual(applyStrategicMergePatch(current, patch, podSpec), {
    containers: [{ name: 'a', image: '2', imagePullPolicy: 'Always' }, { name: 'side' }],
    dnsPolicy: 'ClusterFirst',
  });
  const again = createThreeWayStrategicPatch(
    { original: modified, modified, current: applyStrategicMergePatch(current, patch, podSpec) },
    podSpec,
  );
  // Of a list in which the server has more the order is told each time.
  assert.deepEqual(again, { '$setElementOrder/containers': [{ name: 'a' }] });
});

test('what is no list of named objects on both sides cannot be merged', () => {
  const current = { containers: [{ name: 'a' }] };
  const patchTo = (...containers: unknown[]) =>
    createThreeWayStrategicPatch({ original: undefined, modified: { containers }, current }, podSpec);
  assert.throws(() => patchTo({ image: 'x' }), {
    message: 'map: map[image:x] does not contain declared merge key: name',
  });
  assert.throws(() => patchTo('a'), { message: 'list element types are not identical: [[map[name:a]] [a]]' });
});

const conflicts: readonly (readonly [what: string, modified: JsonObject, current: JsonObject, isConflict: boolean])[] =
  [
    ['another value', { hostname: 'b' }, { hostname: 'c' }, true],
    ['the same value', { hostname: 'b' }, { hostname: 'b' }, false],
    ['what only the server has', { hostname: 'b' }, { hostname: 'a', nodeName: 'n' }, false],
    [
      'another item of a list',
      { hostname: 'a', containers: [{ name: 'a', image: '2' }] },
      { hostname: 'a', containers: [{ name: 'b', image: '3' }] },
      false,
    ],
    [
      'the same item of a list',
      { hostname: 'a', containers: [{ name: 'a', image: '2' }] },
      { hostname: 'a', containers: [{ name: 'a', image: '3' }] },
      true,
    ],
    [
      'a list as a whole',
      { hostname: 'a', tolerations: [{ key: 'a' }] },
      { hostname: 'a', tolerations: [{ key: 'b' }] },
      true,
    ],
  ];
for (const [what, modified, current, isConflict] of conflicts)
  test(`a client-side apply that changes ${what} is ${isConflict ? '' : 'no '}conflict`, () => {
    const conflict = strategicConflict({ original: { hostname: 'a' }, modified, current }, podSpec);
    assert.equal(conflict !== undefined, isConflict);
  });

test('plain values that a file has in another order than the sorted one are always put in order', () => {
  const [sorted, unsorted] = [{ finalizers: ['a', 'b'] }, { finalizers: ['b', 'a'] }];
  const patch = (modified: JsonObject, current: JsonObject) =>
    createThreeWayStrategicPatch({ original: modified, modified, current: structuredClone(current) }, metadata);
  assert.deepEqual(patch(unsorted, unsorted), { '$setElementOrder/finalizers': ['b', 'a'] });
  assert.deepEqual(patch(unsorted, sorted), { '$setElementOrder/finalizers': ['b', 'a'] });
  assert.deepEqual(patch(sorted, unsorted), {});
  const conflict = strategicConflict(
    { original: { name: 'x' }, modified: { name: 'y' }, current: { name: 'z', finalizers: ['b', 'a'] } },
    metadata,
  );
  assert.deepEqual(conflict?.changed, { name: 'z', finalizers: ['b', 'a'] });
  const both = strategicConflict(
    {
      original: { name: 'x', ...sorted },
      modified: { name: 'y', ...sorted },
      current: { name: 'z', finalizers: ['d', 'a', 'c', 'b'] },
    },
    metadata,
  );
  assert.deepEqual(both?.changed, { name: 'z', finalizers: ['c', 'd'] });
});

test('switching between alternatives names the keys to retain', () => {
  const rolling = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } };
  const recreate = { strategy: { type: 'Recreate' } };
  const patch = createThreeWayStrategicPatch(
    { original: recreate, modified: recreate, current: rolling },
    deploymentSpec,
  );
  assert.deepEqual(patch, { strategy: { type: 'Recreate', $retainKeys: ['type'] } });
  assert.deepEqual(applyStrategicMergePatch(rolling, patch, deploymentSpec), recreate);
});

test('a two-way patch turns one object into another', () => {
  const from = { containers: [{ name: 'a', ports: [{ containerPort: 80 }] }, { name: 'b' }], hostNetwork: true };
  const to = {
    containers: [
      { name: 'b', image: 'x' },
      { name: 'a', ports: [{ containerPort: 81 }] },
    ],
  };
  const patch = createStrategicPatch(from, to, { schema: podSpec });
  assert.deepEqual(applyStrategicMergePatch(from, patch, podSpec), to);
});

test('rejects a list that contradicts its own order', () => {
  const original = { containers: [{ name: 'a' }, { name: 'b' }] };
  const apply = (order: object[], containers: object[]) =>
    applyStrategicMergePatch(original, { '$setElementOrder/containers': order, containers }, podSpec);
  const [a, b, c] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
  assert.deepEqual(apply([b, a], [b]), { containers: [b, a] });
  assert.deepEqual(apply([a], [{ name: 'b', $patch: 'delete' }]), { containers: [a] });
  const message = (patch: string, order: string): string =>
    `The order in patch list:\n${patch}\n doesn't match $setElementOrder list:\n${order}\n`;
  assert.throws(() => apply([a, b], [b, a]), {
    code: 500,
    message: message('[map[name:b] map[name:a]]', '[map[name:a] map[name:b]]'),
  });
  assert.throws(() => apply([a, b], [c]), { message: message('[map[name:c]]', '[map[name:a] map[name:b]]') });
});
