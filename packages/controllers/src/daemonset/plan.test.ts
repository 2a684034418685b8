import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DaemonSet } from '@typernetes/api/apps/v1';
import type { Node, Pod, Taint } from '@typernetes/api/core/v1';
import { FakeClock } from '@typernetes/base/testing';
import { FailedPods } from './failed-pods.ts';
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
const pod = (
  name: string,
  nodeName: string,
  rest: { hash?: string; ready?: boolean; phase?: 'Failed' | 'Succeeded' } = {},
): Pod => ({
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

test('one pod on every node without a matching taint; unhealthy nodes count', () => {
  const plan = planDaemons(view([node('a'), node('b', [control]), node('c', [unreachable])], []));
  assert.deepEqual(plan.create, ['a', 'c']);
});

test('an existing pod stays under NoSchedule and is deleted under NoExecute', () => {
  const plan = planDaemons(view([node('a', [control]), node('b', [evict])], [pod('p', 'a'), pod('q', 'b')]));
  assert.deepEqual([plan.create, names(plan.remove)], [[], ['q']]);
});

test('a selector narrows the nodes', () => {
  const template = { spec: { containers: [], nodeSelector: { disk: 'ssd' } } };
  assert.deepEqual(planDaemons(view([node('a', [], { disk: 'ssd' }), node('b')], [], { template })).create, ['a']);
});

test('deletes ended pods to replace them, and duplicates too', () => {
  const plan = planDaemons(
    view([node('a'), node('b')], [pod('f', 'a', { phase: 'Failed' }), pod('p', 'b'), pod('q', 'b')]),
  );
  assert.deepEqual([names(plan.failed), names(plan.remove)], [['f'], ['f', 'q']]);
});

test('a rolling update first takes unavailable pods, then as many as may be unavailable', () => {
  const nodes = [node('a'), node('b'), node('c')];
  const old = (name: string, on: string, ready = true) => pod(name, on, { hash: 'old', ready });
  const pods = [old('p', 'a'), old('q', 'b'), old('r', 'c')];
  assert.deepEqual(names(planDaemons(view(nodes, pods)).remove), ['p']);
  assert.deepEqual(names(planDaemons(view(nodes, [old('p', 'a'), old('q', 'b', false), pod('r', 'c')])).remove), ['q']);
  assert.deepEqual(names(planDaemons(view(nodes, pods, { updateStrategy: { type: 'OnDelete' } })).remove), []);
  const two = { updateStrategy: { type: 'RollingUpdate' as const, rollingUpdate: { maxUnavailable: 2 } } };
  assert.deepEqual(names(planDaemons(view(nodes, pods, two)).remove), ['p', 'q']);
});

test('failed pods of a node in back-off stay, so none is created there', () => {
  const pods = [pod('f', 'a', { phase: 'Failed' }), pod('s', 'b', { phase: 'Succeeded' })];
  const plan = planDaemons({ ...view([node('a'), node('b')], pods), isHeldBack: () => true });
  assert.deepEqual([plan.held, plan.create, names(plan.remove), names(plan.succeeded)], [['a'], [], ['s'], ['s']]);
});

test('ended pods that are being deleted do not count', () => {
  const ended = pod('f', 'a', { phase: 'Failed' });
  const leaving = { ...ended, metadata: { ...ended.metadata, deletionTimestamp: '2026-01-01T00:00:01Z' } };
  assert.deepEqual(planDaemons(view([node('a')], [leaving])).create, ['a']);
});

test('a surging update adds new pods beside old ones, and deletes the old when the new are available', () => {
  const nodes = [node('a'), node('b'), node('c')];
  const old = (name: string, on: string, ready = true) => pod(name, on, { hash: 'old', ready });
  const surging = {
    updateStrategy: { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
  };
  const round = (...pods: Pod[]) => {
    const { create, remove } = planDaemons(view(nodes, pods, surging));
    return [create, names(remove)];
  };
  const three = [old('p', 'a'), old('q', 'b'), old('r', 'c')];
  assert.deepEqual(round(...three), [['a'], []], 'one node at a time');
  assert.deepEqual(round(...three, pod('n', 'a', { ready: false })), [[], []], 'the old one stays meanwhile');
  assert.deepEqual(round(...three, pod('n', 'a')), [['b'], ['p']]);
  assert.deepEqual(
    round(old('p', 'a'), old('q', 'b', false), pod('n', 'c')),
    [['b', 'a'], []],
    'nothing is lost there',
  );
  const unready = pod('n', 'a', { ready: false });
  assert.deepEqual(round(old('p', 'a', false), unready, pod('m', 'b'), pod('o', 'c')), [[], ['p']]);
  assert.deepEqual(round(pod('m', 'b'), pod('o', 'c')), [['a'], []]);
});

test('pods that fail repeatedly are replaced with growing delays', async () => {
  const clock = new FakeClock();
  const failures = new FailedPods(clock);
  const pauses: number[] = [];
  for (let time = 0; time < 4; time++) {
    failures.next('s', 'a', '1');
    pauses.push(failures.remaining('s', 'a', '1'));
    await clock.advance(pauses.at(-1) ?? 0);
    assert.equal(failures.remaining('s', 'a', '1'), 0);
  }
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000]);
  for (let time = 0; time < 10; time++) failures.next('s', 'a', '1');
  assert.equal(failures.remaining('s', 'a', '1'), 900_000);
  assert.equal(failures.remaining('s', 'b', '1'), 0);
  assert.equal(failures.remaining('s', 'a', '2'), 0, 'another template has its own chance');
  await clock.advance(1_800_001);
  failures.next('s', 'a', '1');
  assert.equal(failures.remaining('s', 'a', '1'), 1000, 'what went well for long is forgotten');
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
