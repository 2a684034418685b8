import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoints, Service } from '@typernetes/api/core/v1';
import { isMirrored, planMirror } from './plan.ts';

const meta = (rest = {}) => ({
  name: 'db',
  namespace: 'shop',
  uid: 'e',
  resourceVersion: '1',
  creationTimestamp: '',
  ...rest,
});
const endpoints = (subsets: Endpoints['subsets'] = [], rest = {}): Endpoints => ({
  metadata: meta(rest),
  ...(subsets ? { subsets } : {}),
});
const service = (selector?: Record<string, string>): Service => ({
  metadata: meta(),
  spec: selector ? { selector } : {},
});

test('mirrors Endpoints that users write for services without selectors, and nothing else', () => {
  const cases: [Endpoints, Service | undefined, boolean][] = [
    [endpoints(), service(), true],
    [endpoints(), service({ app: 'db' }), false],
    [endpoints(), undefined, false],
    [endpoints([], { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }), service(), false],
    [endpoints([], { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }), service(), false],
  ];
  for (const [given, of, mirrored] of cases) assert.equal(isMirrored(given, of), mirrored);
});

test('one slice for each family and set of ports, kept in sync', () => {
  const ports = [{ name: 'sql', port: 5432 }];
  const given = endpoints(
    [{ addresses: [{ ip: '192.0.2.1' }, { ip: '2001:db8::1' }], notReadyAddresses: [{ ip: '192.0.2.2' }], ports }],
    {
      labels: { tier: 'data' },
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', note: 'x' },
    },
  );
  const { create } = planMirror(given, [], 1000);
  assert.deepEqual(
    create.map(({ addressType, endpoints }) => [
      addressType,
      endpoints?.map(({ addresses, conditions }) => [addresses[0], conditions?.ready]),
    ]),
    [
      [
        'IPv4',
        [
          ['192.0.2.1', true],
          ['192.0.2.2', false],
        ],
      ],
      ['IPv6', [['2001:db8::1', true]]],
    ],
  );
  const [first] = create;
  assert.deepEqual(first?.ports, [{ name: 'sql', protocol: 'TCP', port: 5432 }]);
  assert.deepEqual(first?.metadata.labels, {
    tier: 'data',
    'kubernetes.io/service-name': 'db',
    'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
  });
  assert.deepEqual(
    [first?.metadata.annotations, first?.metadata.ownerReferences?.[0]?.kind],
    [{ note: 'x' }, 'Endpoints'],
  );
  const stored = create.map((draft, i) => ({ ...draft, metadata: { ...meta(), ...draft.metadata, name: `s${i}` } }));
  assert.deepEqual(planMirror(given, stored, 1000), { create: [], update: [], remove: [] });
  const fewer = planMirror({ ...given, subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports }] }, stored, 1000);
  assert.deepEqual([fewer.update.length, fewer.remove.map(({ metadata }) => metadata.name)], [1, ['s1']]);
});
