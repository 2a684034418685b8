import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment, ReplicaSet } from '@typernetes/api/apps/v1';
import type { HorizontalPodAutoscaler } from '@typernetes/api/autoscaling/v2';
import type { Event, Pod } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import { StatusError } from '@typernetes/machinery';
import { metricsOf } from './autoscaler-facts.ts';
import { commandWords } from './command-words.ts';
import { containersOf } from './container-facts.ts';
import { matchingEvents, seenAt } from './event-facts.ts';
import { logLine, withLines } from './log-lines.ts';
import { volumesOf } from './references.ts';
import { endingOf, frameOf, sizeFrame } from './remote-frames.ts';
import { revisionsOf, templateOf } from './revisions.ts';
import { formatPlace, type Place, parsePlace } from './route.ts';
import { titleOf } from './sections.ts';
import { endpointsOf } from './service-endpoints.ts';
import { cpuText, memoryText, sumOf } from './usage.ts';
import { ageOf, failureText, serviceAccountNamespace, textOfBase64 } from './words.ts';

test('places have addresses that lead back to them', () => {
  const places: readonly Place[] = [
    { route: { page: 'overview' }, namespace: '', parameters: {} },
    { route: { page: 'create' }, namespace: 'a', parameters: {} },
    {
      route: { page: 'list', resource: 'deployments.apps' },
      namespace: 'kube-system',
      parameters: { q: 'a b', l: 'x=y' },
    },
    {
      route: {
        page: 'object',
        resource: 'clusterroles.rbac.authorization.k8s.io',
        namespace: '',
        name: 'system:node',
        tab: 'yaml',
      },
      namespace: '',
      parameters: {},
    },
    {
      route: { page: 'object', resource: 'pods', namespace: 'default', name: 'web', tab: '' },
      namespace: '',
      parameters: {},
    },
  ];
  for (const place of places) assert.deepEqual(parsePlace(formatPlace(place)), place);
  for (const nowhere of ['', '#/', '#/x', '#/list', '#/object/pods/a', '#/%zz'])
    assert.deepEqual(parsePlace(nowhere).route, { page: 'overview' });
});

test('kinds have plurals', () => {
  const plurals = ['Pod', 'NetworkPolicy', 'Ingress', 'Endpoints', 'Gateway', 'StorageClass'].map((kind) =>
    titleOf({ kind }),
  );
  assert.deepEqual(plurals, ['Pods', 'NetworkPolicies', 'Ingresses', 'Endpoints', 'Gateways', 'StorageClasses']);
});

test('amounts are added exactly and printed shortly', () => {
  assert.deepEqual(sumOf([{ cpu: '250m', memory: '64Mi' }, { cpu: '1' }, undefined]), {
    cpu: 1.25,
    memory: 64 * 2 ** 20,
  });
  assert.deepEqual([0, 0.0004, 0.25, 1.504].map(cpuText), ['0', '1m', '250m', '1.5']);
  assert.deepEqual([0, 1023, 2 ** 20, 1.5 * 2 ** 30, 64 * 2 ** 20].map(memoryText), [
    '0',
    '1023',
    '1Mi',
    '1.5Gi',
    '64Mi',
  ]);
});

test('containers come in the order of their start, each with its state', () => {
  const pod = {
    metadata: { name: 'p' },
    spec: {
      initContainers: [{ name: 'setup' }, { name: 'proxy', restartPolicy: 'Always' }],
      containers: [{ name: 'web' }],
      ephemeralContainers: [{ name: 'debug' }],
    },
    status: {
      initContainerStatuses: [{ name: 'setup', state: { terminated: { exitCode: 0, reason: 'Completed' } } }],
      containerStatuses: [
        {
          name: 'web',
          ready: false,
          restartCount: 2,
          state: { running: { startedAt: 't' } },
          lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: 'f' } },
        },
      ],
    },
  } as unknown as Pod;
  assert.deepEqual(
    containersOf(pod).map(({ name, role, verdict, last }) => [name, role, verdict.tone, verdict.word, last]),
    [
      ['setup', 'init container', 'off', 'Completed', undefined],
      ['proxy', 'sidecar', 'busy', 'Not started', undefined],
      ['web', 'container', 'busy', 'Running, not ready', 'Error, exit code 1, f'],
      ['debug', 'ephemeral container', 'busy', 'Not started', undefined],
    ],
  );
});

test('volumes say what they are made of and where they are', () => {
  const pod = {
    metadata: {},
    spec: {
      containers: [{ name: 'web', volumeMounts: [{ name: 'config', mountPath: '/etc/web', readOnly: true }] }],
      volumes: [
        { name: 'config', configMap: { name: 'web' } },
        { name: 'token', projected: { sources: [{ serviceAccountToken: {} }, { configMap: {} }] } },
        { name: 'host', hostPath: { path: '/var' } },
      ],
    },
  } as unknown as Pod;
  assert.deepEqual(volumesOf(pod), [
    {
      name: 'config',
      source: 'configMap',
      detail: 'web',
      reference: { resource: 'configmaps', name: 'web' },
      mounts: ['web:/etc/web (read-only)'],
    },
    { name: 'token', source: 'projected', detail: 'serviceAccountToken, configMap', mounts: [] },
    { name: 'host', source: 'hostPath', detail: '/var', mounts: [] },
  ]);
});

test('endpoints of all slices come once, with how they are', () => {
  const slices = [
    {
      metadata: {},
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 80 }],
      endpoints: [
        { addresses: ['10.0.0.10'], conditions: { ready: false }, targetRef: { kind: 'Pod', name: 'b' } },
        { addresses: ['10.0.0.9'], conditions: {}, nodeName: 'n' },
      ],
    },
    {
      metadata: {},
      addressType: 'IPv4',
      ports: [],
      endpoints: [{ addresses: ['10.0.0.9'], conditions: { terminating: true } }],
    },
  ] as unknown as EndpointSlice[];
  assert.deepEqual(
    endpointsOf(slices).map(({ address, ports, verdict, pod, node }) => [address, ports, verdict.word, pod, node]),
    [
      ['10.0.0.9', 'http 80/TCP', 'Ready', undefined, 'n'],
      ['10.0.0.10', 'http 80/TCP', 'NotReady', 'b', undefined],
    ],
  );
});

test('revisions are the replica sets that the deployment controls, and their templates are as they were written', () => {
  const owned = (revision: string): ReplicaSet =>
    ({
      metadata: {
        name: `web-${revision}`,
        annotations: { 'deployment.kubernetes.io/revision': revision },
        ownerReferences: [{ uid: 'u', controller: true }],
      },
      spec: {
        template: {
          metadata: { labels: { app: 'web', 'pod-template-hash': revision } },
          spec: { containers: [{ name: 'web', image: `web:${revision}` }] },
        },
      },
    }) as unknown as ReplicaSet;
  const stranger = { ...owned('9'), metadata: { name: 'other' } } as ReplicaSet;
  const deployment = {
    metadata: { uid: 'u', annotations: { 'deployment.kubernetes.io/revision': '10' } },
  } as unknown as Deployment;
  const revisions = revisionsOf(deployment, [owned('2'), stranger, owned('10')]);
  assert.deepEqual(
    revisions.map(({ number, isCurrent, images }) => [number, isCurrent, images[0]]),
    [
      [10, true, 'web:10'],
      [2, false, 'web:2'],
    ],
  );
  assert.deepEqual(templateOf(owned('2')).metadata, { labels: { app: 'web' } });
});

test('the lines of a log lose their colours, and the oldest go first', () => {
  assert.deepEqual(logLine('2026-01-01T00:00:00.123456789Z \x1b[31mred\x1b[0m\r'), {
    time: '2026-01-01T00:00:00.123456789Z',
    text: 'red',
  });
  assert.deepEqual(logLine('plain'), { time: '', text: 'plain' });
  const lines = ['a', 'b', 'c'].map(logLine);
  assert.deepEqual(
    withLines(lines, [logLine('d')], 2).map(({ text }) => text),
    ['c', 'd'],
  );
  assert.equal(withLines(lines, [], 3), lines);
});

test('terminals speak in frames', () => {
  assert.deepEqual([...frameOf(0, new Uint8Array([65]))], [0, 65]);
  assert.equal(new TextDecoder().decode(sizeFrame({ cols: 80, rows: 24 })), '\x04{"Width":80,"Height":24}');
  const ending = (status: object): string => endingOf(new TextEncoder().encode(JSON.stringify(status)));
  assert.equal(ending({ status: 'Success' }), 'The command has ended');
  assert.equal(
    ending({ status: 'Failure', message: 'm', details: { causes: [{ reason: 'ExitCode', message: '3' }] } }),
    'The command has ended with exit code 3',
  );
  assert.equal(ending({ status: 'Failure', message: 'container not found' }), 'container not found');
});

test('command lines are parted as shells part them', () => {
  assert.deepEqual(commandWords(`sh -c "echo \\"a b\\" 'c'" --x='y z'`), ['sh', '-c', `echo "a b" 'c'`, '--x=y z']);
  assert.deepEqual(commandWords('  '), []);
});

test('times, failures and secrets in words', () => {
  const now = Date.parse('2026-01-01T01:00:00Z');
  assert.equal(ageOf('2026-01-01T00:00:00Z', now), '60m');
  assert.equal(ageOf(undefined, now), '');
  // A clock that is behind the server's.
  assert.equal(ageOf('2026-01-01T02:00:00Z', now), '0s');
  assert.equal(failureText(new StatusError('Forbidden', 'pods is forbidden')), 'Not allowed: pods is forbidden');
  assert.equal(failureText(new Error('x')), 'x');
  assert.equal(textOfBase64('aMOkdA=='), 'hät');
  assert.equal(textOfBase64('/w=='), undefined);
  assert.equal(serviceAccountNamespace('system:serviceaccount:default:viewer'), 'default');
  assert.equal(serviceAccountNamespace('jane'), undefined);
  const event = {
    metadata: { name: 'e', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    involvedObject: {},
  };
  assert.equal(seenAt(event), now - 3_600_000);
  assert.equal(seenAt({ ...event, series: { lastObservedTime: '2026-01-01T01:00:00.000000Z' } }), now);
});

test('events are found by what they say and what they are about', () => {
  const event = (name: string, reason: string, message: string, type = 'Normal'): Event =>
    ({
      metadata: { name: 'x' },
      type,
      reason,
      message,
      involvedObject: { kind: 'Pod', namespace: 'shop', name },
    }) as Event;
  const events = [event('web', 'BackOff', 'Back-off pulling', 'Warning'), event('db', 'Started', 'Container started')];
  const found = (text: string) => matchingEvents(events, text).map(({ involvedObject }) => involvedObject.name);
  assert.deepEqual(found(''), ['web', 'db']);
  assert.deepEqual(found('warning pod'), ['web']);
  assert.deepEqual(found('STARTED shop'), ['db']);
  assert.deepEqual(found('web started'), []);
});

test('an autoscaler says what it goes by, and how far that is from its aim', () => {
  const autoscaler = {
    spec: {
      maxReplicas: 4,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
        { type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '10' } } },
        {
          type: 'Object',
          object: {
            metric: { name: 'length' },
            describedObject: { kind: 'Queue', name: 'jobs' },
            target: { type: 'Value', value: '3' },
          },
        },
        {
          type: 'External',
          external: { metric: { name: 'mail' }, target: { type: 'AverageValue', averageValue: '5' } },
        },
      ],
    },
    status: {
      currentMetrics: [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 80, averageValue: '80m' } } },
        {
          type: 'Object',
          object: {
            metric: { name: 'length' },
            describedObject: { kind: 'Queue', name: 'jobs' },
            current: { value: '7' },
          },
        },
      ],
    },
  } as unknown as HorizontalPodAutoscaler;
  assert.deepEqual(
    metricsOf(autoscaler).map(({ what, now, aim }) => `${what}: ${now} / ${aim}`),
    [
      'cpu: 80 % of what is asked for (80m each) / 50 % of what is asked for',
      'hits of pods: unknown / 10 each',
      'length of Queue jobs: 7 / 3',
      'mail from outside: unknown / 5 each',
    ],
  );
});
