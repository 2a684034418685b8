import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, Service } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import { planSlices } from './plan.ts';

const meta = (name: string) => ({ name, namespace: 'shop', uid: name, resourceVersion: '1', creationTimestamp: '' });
const service: Service = {
  metadata: meta('web'),
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }], ipFamilies: ['IPv4'] },
};
const pod = (name: string, ip: string, rest: { ready?: boolean; deleting?: boolean; port?: number } = {}): Pod => ({
  metadata: {
    ...meta(name),
    labels: { app: 'web' },
    ...(rest.deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
  },
  spec: { nodeName: 'n1', containers: [{ name: 'c', ports: [{ name: 'http', containerPort: rest.port ?? 8080 }] }] },
  status: { podIP: ip, conditions: [{ type: 'Ready', status: rest.ready === false ? 'False' : 'True' }] },
});
const maxEndpoints = 100;
const zoneOf = (node: string): string | undefined => (node === 'n1' ? 'zone-a' : undefined);
const stored = (plan: ReturnType<typeof planSlices>): EndpointSlice[] =>
  plan.create.map((draft, i) => ({ ...draft, metadata: { ...meta(`s${i}`), ...draft.metadata } }) as EndpointSlice);

test('conditions tell ready, serving and terminating', () => {
  const pods = [pod('a', '10.0.0.1'), pod('b', '10.0.0.2', { ready: false }), pod('c', '10.0.0.3', { deleting: true })];
  const [slice] = planSlices(service, pods, { existing: [], zoneOf, maxEndpoints }).create;
  assert.deepEqual(
    slice?.endpoints?.map(({ addresses, conditions }) => [addresses[0], ...Object.values(conditions ?? {})]),
    [
      ['10.0.0.1', true, true, false],
      ['10.0.0.2', false, false, false],
      ['10.0.0.3', false, true, true],
    ],
  );
  assert.deepEqual(slice?.ports, [{ name: '', protocol: 'TCP', port: 8080 }]);
  assert.equal(slice?.metadata.labels?.['kubernetes.io/service-name'], 'web');
});

test('fills slices with a hundred endpoints, plus one for the rest; a change rewrites only its slice', () => {
  const pods = Array.from({ length: 150 }, (_, i) => pod(`p${i}`, `10.0.${i}.1`));
  const slices = stored(planSlices(service, pods, { existing: [], zoneOf, maxEndpoints }));
  assert.deepEqual(
    slices.map(({ endpoints }) => endpoints?.length),
    [100, 50],
  );
  assert.deepEqual(planSlices(service, pods, { existing: slices, zoneOf, maxEndpoints }), {
    create: [],
    update: [],
    remove: [],
  });
  const fewer = planSlices(service, pods.slice(0, -1), { existing: slices, zoneOf, maxEndpoints });
  assert.deepEqual([fewer.create, fewer.update.map(({ metadata }) => metadata.name)], [[], ['s1']]);
});

test('named ports that differ between pods get separate slices', () => {
  const { create } = planSlices(service, [pod('a', '10.0.0.1'), pod('b', '10.0.0.2', { port: 9090 })], {
    existing: [],
    zoneOf,
    maxEndpoints,
  });
  assert.deepEqual(create.map(({ ports }) => ports?.[0]?.port).sort(), [8080, 9090]);
});

test('without endpoints one empty slice stays', () => {
  const [slice, ...more] = planSlices(service, [], { existing: [], zoneOf, maxEndpoints }).create;
  assert.deepEqual([slice?.endpoints, slice?.ports, more], [[], [], []]);
  const full = stored(planSlices(service, [pod('a', '10.0.0.1')], { existing: [], zoneOf, maxEndpoints }));
  const emptied = planSlices(service, [], { existing: full, zoneOf, maxEndpoints });
  assert.deepEqual([emptied.create.length, emptied.remove.length], [1, 1]);
});

test("only slices of headless services have the headless label, whatever the service's labels", () => {
  const labelled = { ...service.metadata, labels: { team: 'x', 'service.kubernetes.io/headless': 'mine' } };
  const labelOf = (spec: Partial<Service['spec']>): string | undefined => {
    const one = { ...service, metadata: labelled, spec: { ...service.spec, ...spec } };
    return planSlices(one, [], { existing: [], zoneOf, maxEndpoints: 100 }).create[0]?.metadata.labels?.[
      'service.kubernetes.io/headless'
    ];
  };
  assert.deepEqual([labelOf({}), labelOf({ clusterIP: 'None' })], [undefined, '']);
});

test('endpoints have their node and zone, and hints if the service asks for them', () => {
  const hintsOf = (trafficDistribution: string | undefined, ready = true) => {
    const spec = { ...service.spec, ...(trafficDistribution ? { trafficDistribution } : {}) };
    const [slice] = planSlices({ ...service, spec }, [pod('a', '10.0.0.1', { ready })], {
      existing: [],
      zoneOf,
      maxEndpoints,
    }).create;
    assert.equal(slice?.endpoints?.[0]?.zone, 'zone-a');
    return slice?.endpoints?.[0]?.hints;
  };
  const forZones = [{ name: 'zone-a' }];
  assert.equal(hintsOf(undefined), undefined);
  assert.deepEqual(hintsOf('PreferClose'), { forZones });
  assert.deepEqual(hintsOf('PreferSameZone'), { forZones });
  assert.deepEqual(hintsOf('PreferSameNode'), { forNodes: [{ name: 'n1' }], forZones });
  assert.equal(hintsOf('PreferSameNode', false), undefined);
});
