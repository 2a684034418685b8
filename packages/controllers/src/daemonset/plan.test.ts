import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DaemonSet } from '@typernetes/api/apps/v1';
import type { Node, Pod, Taint } from '@typernetes/api/core/v1';
import { planDaemons } from './plan.ts';
import { daemonSetStatus } from './status.ts';

const meta = (name: string) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' });
const node = (name: string, taints: Taint[] = [], labels = {}): Node => ({
  metadata: { ...meta(name), labels },
  spec: { taints },
});
const daemonSet = (rest: Partial<DaemonSet['spec']> = {}): DaemonSet => ({
  metadata: { ...meta('agent'), namespace: 'kube-system', generation: 1 },
  spec: { selector: {}, template: { spec: { containers: [] } }, ...rest },
});
const pod = (name: string, nodeName: string, rest: { hash?: string; ready?: boolean; phase?: 'Failed' } = {}): Pod => ({
  metadata: { ...meta(name), labels: { 'controller-revision-hash': rest.hash ?? 'new' } },
  spec: { containers: [], nodeName },
  status: {
    phase: rest.phase ?? 'Running',
    conditions: [{ type: 'Ready', status: rest.ready === false ? 'False' : 'True' }],
  },
});
const view = (nodes: Node[], pods: Pod[], spec: Partial<DaemonSet['spec']> = {}) => ({
  daemonSet: daemonSet(spec),
  nodes,
  pods,
  hash: 'new',
  now: 0,
});
const names = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.name);
const control: Taint = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' };
const unreachable: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };
const evict: Taint = { key: 'maintenance', effect: 'NoExecute' };

test('one on every node that is not tainted against it; sick nodes count', () => {
  const plan = planDaemons(view([node('a'), node('b', [control]), node('c', [unreachable])], []));
  assert.deepEqual(plan.create, ['a', 'c']);
});

test('a pod that is there stays under NoSchedule and goes under NoExecute', () => {
  const plan = planDaemons(view([node('a', [control]), node('b', [evict])], [pod('p', 'a'), pod('q', 'b')]));
  assert.deepEqual([plan.create, names(plan.remove)], [[], ['q']]);
});

test('a selector narrows the nodes', () => {
  const template = { spec: { containers: [], nodeSelector: { disk: 'ssd' } } };
  assert.deepEqual(planDaemons(view([node('a', [], { disk: 'ssd' }), node('b')], [], { template })).create, ['a']);
});

test('ended pods are taken away to be replaced, doubles too', () => {
  const plan = planDaemons(
    view([node('a'), node('b')], [pod('f', 'a', { phase: 'Failed' }), pod('p', 'b'), pod('q', 'b')]),
  );
  assert.deepEqual([names(plan.failed), names(plan.remove)], [['f'], ['f', 'q']]);
});

test('a rolling update takes what is not available, then as many as may be unavailable', () => {
  const nodes = [node('a'), node('b'), node('c')];
  const old = (name: string, on: string, ready = true) => pod(name, on, { hash: 'old', ready });
  const pods = [old('p', 'a'), old('q', 'b'), old('r', 'c')];
  assert.deepEqual(names(planDaemons(view(nodes, pods)).remove), ['p']);
  assert.deepEqual(names(planDaemons(view(nodes, [old('p', 'a'), old('q', 'b', false), pod('r', 'c')])).remove), ['q']);
  assert.deepEqual(names(planDaemons(view(nodes, pods, { updateStrategy: { type: 'OnDelete' } })).remove), []);
  const two = { updateStrategy: { type: 'RollingUpdate' as const, rollingUpdate: { maxUnavailable: 2 } } };
  assert.deepEqual(names(planDaemons(view(nodes, pods, two)).remove), ['p', 'q']);
});

test('the status counts nodes', () => {
  const nodes = [node('a'), node('b'), node('c', [control])];
  assert.deepEqual(daemonSetStatus(view(nodes, [pod('p', 'a'), pod('q', 'c', { hash: 'old' })])), {
    currentNumberScheduled: 1,
    numberMisscheduled: 1,
    desiredNumberScheduled: 2,
    numberReady: 1,
    observedGeneration: 1,
    updatedNumberScheduled: 1,
    numberAvailable: 1,
    numberUnavailable: 1,
  });
});
