import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatQuantity } from '@typernetes/machinery';
import { nodeMatchesPodRequirements, nodeMatchesTerm } from './node-selector.ts';
import { podLimits, podRequests, qosClassOf, type ResourceAmounts } from './pod-resources.ts';
import { isPodActive, isPodAvailable } from './pod-status.ts';
import { tolerates, untoleratedTaint } from './taints.ts';
import type { Container, PodSpec, Taint, Toleration } from './v1.gen.ts';

const taint: Taint = { key: 'disk', value: 'ssd', effect: 'NoSchedule' };

const tolerations: [toleration: Toleration, tolerated: boolean][] = [
  [{ operator: 'Exists' }, true],
  [{ key: 'disk', operator: 'Exists' }, true],
  [{ key: 'disk', value: 'ssd' }, true],
  [{ key: 'disk', value: 'ssd', effect: 'NoSchedule' }, true],
  [{ key: 'disk', value: 'hdd' }, false],
  [{ key: 'disk', value: 'ssd', effect: 'NoExecute' }, false],
  [{ key: 'net', operator: 'Exists' }, false],
];

for (const [toleration, tolerated] of tolerations) {
  test(`${JSON.stringify(toleration)} ${tolerated ? 'tolerates' : 'does not tolerate'} the taint`, () => {
    assert.equal(tolerates(toleration, taint), tolerated);
    assert.equal(untoleratedTaint([taint], [toleration]), tolerated ? undefined : taint);
  });
}

test('node selector terms match labels and the name', () => {
  const node = { metadata: { name: 'n1', labels: { zone: 'a', cores: '8' } } };
  assert.ok(nodeMatchesTerm(node, { matchExpressions: [{ key: 'cores', operator: 'Gt', values: ['4'] }] }));
  assert.ok(nodeMatchesTerm(node, { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }));
  assert.ok(!nodeMatchesTerm(node, {}));
  assert.ok(nodeMatchesPodRequirements(node, { nodeSelector: { zone: 'a' } }));
  assert.ok(!nodeMatchesPodRequirements(node, { nodeSelector: { zone: 'b' } }));
});

const container = (cpu: string, rest: Partial<Container> = {}): Container =>
  ({ name: 'c', image: 'i', resources: { requests: { cpu }, limits: { cpu } }, ...rest }) as Container;
const spec = (rest: Partial<PodSpec>): PodSpec => ({ containers: [], ...rest }) as PodSpec;
const texts = (amounts: ResourceAmounts): Record<string, string> =>
  Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, formatQuantity(amount)]));

test('requests of a pod', () => {
  const pod = spec({
    containers: [container('100m'), container('200m')],
    initContainers: [container('50m', { restartPolicy: 'Always' }), container('400m')],
    overhead: { cpu: '10m' },
  });
  assert.deepEqual(texts(podRequests(pod)), { cpu: '460m' });
  assert.deepEqual(texts(podRequests({ ...pod, resources: { requests: { cpu: '1' } } })), { cpu: '1010m' });
  assert.deepEqual(texts(podLimits(spec({ overhead: { cpu: '10m' } }))), {});
});

test('quality of service', () => {
  const whole = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } };
  assert.equal(qosClassOf(spec({ containers: [container('1', { resources: whole })] })), 'Guaranteed');
  assert.equal(qosClassOf(spec({ containers: [container('1')] })), 'Burstable');
  assert.equal(qosClassOf(spec({ containers: [container('1', { resources: {} })] })), 'BestEffort');
});

test('a pod is available once it has been ready for long enough', () => {
  const pod = {
    status: {
      conditions: [{ type: 'Ready' as const, status: 'True' as const, lastTransitionTime: '1970-01-01T00:00:10Z' }],
    },
  };
  assert.ok(!isPodAvailable(pod, { minReadySeconds: 5, now: 14_000 }));
  assert.ok(isPodAvailable(pod, { minReadySeconds: 5, now: 15_000 }));
  assert.ok(!isPodActive({ status: { phase: 'Failed' }, metadata: {} }));
});

test('tolerations with Gt and Lt compare numbers', () => {
  const sla = (value: string): Taint => ({ key: 'sla', value, effect: 'NoSchedule' });
  const compared = (operator: 'Gt' | 'Lt', value: string, taint: string): boolean =>
    tolerates({ key: 'sla', operator, value }, sla(taint));
  assert.deepEqual([compared('Gt', '900', '950'), compared('Gt', '900', '900')], [true, false]);
  assert.deepEqual([compared('Lt', '900', '-5'), compared('Lt', '900', '900')], [true, false]);
  assert.deepEqual([compared('Gt', '900', 'x'), compared('Gt', '900', '0950')], [false, false]);
});
