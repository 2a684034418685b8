import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ApiObject } from '@typernetes/machinery';
import { builtInResources } from './resources.ts';
import type { StrategyContext } from './strategy.ts';
import { strategyOf } from './testing/strategy-of.ts';

const context: StrategyContext = {
  now: Date.parse('2026-01-01T00:00:00Z'),
  featureEnabled: () => false,
  warn: () => undefined,
  user: { username: 'jane', uid: '7', groups: ['devs'], extra: { scopes: ['a'] } },
};
const metadata = { name: 'x', namespace: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };

const objectOf = (parts: object): ApiObject => ({ metadata: { ...metadata }, ...structuredClone(parts) });

/** The result of prepareForCreate for a body. */
function created(plural: string, body: object): object {
  const next = objectOf(body);
  strategyOf(plural).prepareForCreate?.(next, context);
  const { metadata: _metadata, ...rest } = next as ApiObject & Record<string, unknown>;
  return rest;
}

/** The result of prepareForUpdate for a body and the current object. */
function updated(plural: string, { part, from, to }: { part?: string; from: object; to: object }): object {
  const next = objectOf(to);
  strategyOf(plural, part).prepareForUpdate?.(next, objectOf(from), context);
  const { metadata: _metadata, ...rest } = next as ApiObject & Record<string, unknown>;
  return rest;
}

describe("a new object starts with the server's initial status", () => {
  const status = { anything: 1 };
  const cases: readonly [plural: string, spec: object, wants: object][] = [
    ['pods', { containers: [] }, { phase: 'Pending', qosClass: 'BestEffort' }],
    ['services', { type: 'ClusterIP' }, { loadBalancer: {} }],
    ['deployments', { template }, {}],
    ['replicasets', { template }, { replicas: 0 }],
    ['statefulsets', { template }, { replicas: 0, availableReplicas: 0 }],
    [
      'daemonsets',
      { template },
      { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
    ],
    ['replicationcontrollers', { template }, { replicas: 0 }],
    ['persistentvolumeclaims', {}, { phase: 'Pending' }],
    ['persistentvolumes', {}, { phase: 'Pending', lastPhaseTransitionTime: '2026-01-01T00:00:00Z' }],
    ['poddisruptionbudgets', {}, { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }],
    ['horizontalpodautoscalers', {}, { desiredReplicas: 0 }],
    ['resourcequotas', {}, {}],
    ['volumeattachments', {}, { attached: false }],
  ];
  for (const [plural, spec, wants] of cases) {
    test(plural, () => assert.deepEqual((created(plural, { spec, status }) as { status?: object }).status, wants));
  }

  test('nodes keep theirs: a kubelet registers with it', () => {
    assert.deepEqual(created('nodes', { spec: {}, status }), { spec: {}, status });
  });
});

describe('the two halves of an object', () => {
  const split = builtInResources.filter(
    ({ storage, subresources }) => storage && subresources.status?.via === 'strategy',
  );
  const from = { spec: { containers: [], template, type: 'ClusterIP', versions: [] }, status: { phase: 'Bound' } };
  const to = {
    spec: { containers: [], template, type: 'ClusterIP', versions: [], changed: 1 },
    status: { phase: 'X', changed: 1 },
  };
  for (const { type } of split) {
    const name = `${type.plural}.${type.group} ${type.version}`;
    // Definitions note the storage version in their status with every write.
    if (type.kind === 'CustomResourceDefinition' || type.kind === 'Service') continue;
    test(`${name}: a write to the object leaves the status alone`, () => {
      const { status } = updated(type.plural, { from, to }) as { status?: object };
      assert.deepEqual(status, from.status);
    });
    test(`${name}: a write to the status leaves the spec alone`, () => {
      const { spec } = updated(type.plural, { part: 'status', from, to }) as { spec?: object };
      assert.deepEqual(spec, from.spec);
    });
  }
});

test('a gated pod has the condition from the start', () => {
  const { status } = created('pods', { spec: { containers: [], schedulingGates: [{ name: 'x.io/wait' }] } }) as {
    status: { conditions: object[] };
  };
  assert.deepEqual(status.conditions, [
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'SchedulingGated',
      message: 'Scheduling is blocked due to non-empty scheduling gates',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ]);
});

test('the grace period of a deleted pod', () => {
  const grace = strategyOf('pods').gracePeriodSeconds;
  const cases: readonly [pod: object, requested: number | undefined, wants: number][] = [
    [{ spec: { nodeName: 'n', terminationGracePeriodSeconds: 20 } }, undefined, 20],
    [{ spec: { nodeName: 'n', terminationGracePeriodSeconds: 20 } }, 5, 5],
    [{ spec: { nodeName: 'n', terminationGracePeriodSeconds: 20 } }, 0, 0],
    [{ spec: { nodeName: 'n', terminationGracePeriodSeconds: -1 } }, undefined, 1],
    [{ spec: { nodeName: 'n' } }, undefined, 30],
    [{ spec: { terminationGracePeriodSeconds: 20 } }, 5, 0],
    [{ spec: { nodeName: 'n' }, status: { phase: 'Succeeded' } }, 5, 0],
    [{ spec: { nodeName: 'n' }, status: { phase: 'Failed' } }, undefined, 0],
  ];
  for (const [pod, requested, wants] of cases) assert.equal(grace?.(objectOf(pod), requested), wants);
});

test('a namespace stays until its content is gone', () => {
  assert.deepEqual(created('namespaces', {}), { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } });
  const strategy = strategyOf('namespaces');
  assert.equal(strategy.outlivesDeletion?.(objectOf({ spec: { finalizers: ['kubernetes'] } })), true);
  assert.equal(strategy.outlivesDeletion?.(objectOf({ spec: {} })), true, 'a first deletion only marks it');
  const deleted = objectOf({ spec: {} });
  deleted.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  assert.equal(strategy.outlivesDeletion?.(deleted), false);
  deleted.metadata.deletionGracePeriodSeconds = 0;
  strategy.markDeleted?.(deleted);
  assert.equal(deleted.metadata.deletionGracePeriodSeconds, undefined);
  assert.deepEqual((deleted as ApiObject & { status?: object }).status, { phase: 'Terminating' });
  const from = { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } };
  const to = { spec: { finalizers: [] }, status: { phase: 'Active' } };
  assert.deepEqual(updated('namespaces', { from, to }), from);
  assert.deepEqual(updated('namespaces', { part: 'finalize', from, to }), to);
});

test("a job's pods carry its uid, unless it has a manual selector", () => {
  const job = created('jobs', { spec: { template: { spec: {} } } }) as { spec: { selector: object; template: object } };
  assert.deepEqual(job.spec.selector, { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } });
  assert.deepEqual(job.spec.template, {
    spec: {},
    metadata: {
      labels: {
        'job-name': 'x',
        'batch.kubernetes.io/job-name': 'x',
        'controller-uid': 'u',
        'batch.kubernetes.io/controller-uid': 'u',
      },
    },
  });
  const spec = { manualSelector: true, selector: { matchLabels: { a: 'b' } }, template: { spec: {} } };
  assert.deepEqual(created('jobs', { spec }), { spec, status: {} });
});

describe('a certificate signing request', () => {
  const plural = 'certificatesigningrequests';

  test('is from whoever sends it', () => {
    const spec = { request: 'r', signerName: 's', username: 'root', groups: ['system:masters'] };
    assert.deepEqual(created(plural, { spec, status: { certificate: 'c' } }), {
      spec: { request: 'r', signerName: 's', username: 'jane', uid: '7', groups: ['devs'], extra: { scopes: ['a'] } },
      status: {},
    });
  });

  test('may be called anything that a path can hold', () => {
    const served = builtInResources.find(({ type }) => type.plural === plural);
    const named = (name: string) => served?.strategy.validateName?.(name, false);
    assert.deepEqual([named('Node-1.'), named('a/b')?.length], [[], 1]);
  });

  const from = { spec: { request: 'r' }, status: {} };
  const approved = { type: 'Approved', status: 'True', reason: 'ok' };
  const stamped = { ...approved, lastUpdateTime: '2026-01-01T00:00:00Z', lastTransitionTime: '2026-01-01T00:00:00Z' };

  test('does not change after that', () => {
    const to = { spec: { request: 'other' }, status: { conditions: [approved] } };
    assert.deepEqual(updated(plural, { from, to }), from);
  });

  test('is approved, but not issued, through /approval', () => {
    const to = { spec: { request: 'other' }, status: { conditions: [approved], certificate: 'c' } };
    assert.deepEqual(updated(plural, { part: 'approval', from, to }), { ...from, status: { conditions: [stamped] } });
  });

  test('is issued through /status, which keeps existing conditions and their order', () => {
    const approval = { ...from, status: { conditions: [stamped] } };
    const failed = { ...stamped, type: 'Failed' };
    const other = {
      spec: { request: 'other' },
      status: { conditions: [{ ...stamped, reason: 'other' }, failed], certificate: 'c' },
    };
    assert.deepEqual(updated(plural, { part: 'status', from: approval, to: other }), {
      ...from,
      status: { conditions: [stamped, failed], certificate: 'c' },
    });
  });
});

describe('a service keeps its allocated values', () => {
  const status = { loadBalancer: {} };
  const given = {
    type: 'NodePort',
    clusterIP: '10.96.0.7',
    clusterIPs: ['10.96.0.7'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    ports: [{ name: 'http', port: 80, nodePort: 30080 }],
  };
  const cases: readonly { name: string; spec: object; wants: object }[] = [
    {
      name: 'when it is replaced without',
      spec: { type: 'NodePort', ports: [{ name: 'http', port: 80 }] },
      wants: given,
    },
    {
      name: 'but not the node port as a service of the cluster',
      spec: { ...given, type: 'ClusterIP' },
      wants: { ...given, type: 'ClusterIP', ports: [{ name: 'http', port: 80 }] },
    },
    {
      name: 'but nothing as another name',
      spec: { ...given, type: 'ExternalName', externalName: 'x.io' },
      wants: { type: 'ExternalName', externalName: 'x.io', ports: [{ name: 'http', port: 80 }] },
    },
    {
      name: 'but not a port that another of its ports took',
      spec: {
        ...given,
        ports: [
          { name: 'http', port: 80 },
          { name: 'other', port: 81, nodePort: 30080 },
        ],
      },
      wants: {
        ...given,
        ports: [
          { name: 'http', port: 80 },
          { name: 'other', port: 81, nodePort: 30080 },
        ],
      },
    },
  ];
  for (const { name, spec, wants } of cases) {
    test(name, () => {
      assert.deepEqual(updated('services', { from: { spec: given, status }, to: { spec, status } }), {
        spec: wants,
        status,
      });
    });
  }
});

test('a claim has equal values in both source fields', () => {
  const dataSource = { kind: 'PersistentVolumeClaim', name: 'old' };
  assert.deepEqual(created('persistentvolumeclaims', { spec: { dataSource } }), {
    spec: { dataSource, dataSourceRef: dataSource },
    status: { phase: 'Pending' },
  });
  const unknown = { kind: 'Thing', name: 'old', apiGroup: 'x.io' };
  assert.deepEqual(created('persistentvolumeclaims', { spec: { dataSource: unknown } }), {
    spec: {},
    status: { phase: 'Pending' },
  });
});

test('a frozen secret stays as it is', () => {
  const secret = (parts: object): ApiObject => objectOf({ type: 'Opaque', ...parts });
  const strategy = strategyOf('secrets');
  const problems = strategy.validateUpdate?.(
    secret({ immutable: true, data: { a: 'Yg==' } }),
    secret({ immutable: true, data: { a: 'YQ==' } }),
    context,
  );
  assert.deepEqual(
    problems?.map(({ field, body }) => `${field}: ${body}`),
    ['data: Forbidden: field is immutable when `immutable` is set'],
  );
});

test('annotations of a deployment count as content, those of others do not', () => {
  const deployment = strategyOf('deployments');
  const plain = objectOf({ spec: { replicas: 1 } });
  const annotated = { ...plain, metadata: { ...metadata, annotations: { a: 'b' } } };
  assert.equal(deployment.bumpsGeneration?.(annotated, plain), true);
  assert.equal(deployment.bumpsGeneration?.(plain, plain), false);
  assert.equal(strategyOf('deployments', 'status').bumpsGeneration?.(annotated, plain), false);
  assert.equal(strategyOf('replicasets').bumpsGeneration, undefined);
});

test("a DaemonSet counts its template's generations in an annotation, whatever clients send", () => {
  const { normalize, prepareForCreate, prepareForUpdate } = strategyOf('daemonsets');
  const annotation = 'deprecated.daemonset.template.generation';
  const of = (image: string, generation?: string): ApiObject => ({
    metadata: { ...metadata, ...(generation === undefined ? {} : { annotations: { [annotation]: generation } }) },
    ...{ spec: { template: { spec: { containers: [{ name: 'c', image }] } } } },
  });
  const counted = ({ metadata }: ApiObject) => metadata.annotations?.[annotation];
  const created = of('a');
  normalize?.(created);
  assert.equal(counted(created), '0', 'that there was none is said too');
  prepareForCreate?.(created, context);
  assert.equal(counted(created), '1');
  const given = of('a', '7');
  prepareForCreate?.(given, context);
  assert.equal(counted(given), '7');
  const same = of('a', '9');
  prepareForUpdate?.(same, created, context);
  assert.equal(counted(same), '1');
  const other = of('b');
  prepareForUpdate?.(other, created, context);
  assert.equal(counted(other), '2');
  const counting = of('c');
  strategyOf('daemonsets', 'status').prepareForUpdate?.(counting, other, context);
  assert.equal(counted(counting), '2');
  assert.throws(() => prepareForCreate?.(of('a', 'x'), context), { message: /parsing "x": invalid syntax$/ });
});
