import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container } from '@typernetes/api/core/v1';
import { linuxResources } from '../runtime/linux-resources.ts';
import { podOf } from '../testing/pod-machine.ts';
import { oomScoreOf } from './qos.ts';
import { boundedByPod, containerResources, podResources } from './resources.ts';

const limited = (name: string, cpu: string, more: Partial<Container> = {}): Container => ({
  name,
  resources: { requests: { cpu }, limits: { cpu, memory: '1Mi' } },
  ...more,
});

test("a pod's cgroup holds its containers and sidecars together, its overhead, or its largest init container", () => {
  const containers = [limited('a', '500m'), limited('b', '500m')];
  const of = (spec: object) => podResources(podOf('p', { containers, ...spec }), 100_000);
  assert.deepEqual(of({}), { cpuShares: 1024, cpuQuota: 100_000, cpuPeriod: 100_000, memoryLimit: 2 * 1024 ** 2 });
  const sidecar = limited('s', '1', { restartPolicy: 'Always' });
  assert.deepEqual(of({ initContainers: [sidecar] }).cpuShares, 2048);
  assert.deepEqual(of({ initContainers: [limited('i', '3')] }).cpuShares, 3072);
  const overhead = of({ overhead: { cpu: '500m', memory: '1Mi' } });
  assert.equal(overhead.cpuShares, 1536);
  assert.equal(overhead.memoryLimit, 3 * 1024 ** 2);
});

test('a pod has a limit only if each container or the pod as a whole has one', () => {
  const containers = [limited('a', '500m'), { name: 'b' }];
  assert.equal(podResources(podOf('p', { containers }), 100_000).memoryLimit, undefined);
  const whole = podOf('p', { containers, resources: { limits: { memory: '8Mi', cpu: '2' }, requests: { cpu: '1' } } });
  assert.deepEqual(podResources(whole, 100_000), {
    cpuShares: 1024,
    cpuQuota: 200_000,
    cpuPeriod: 100_000,
    memoryLimit: 8 * 1024 ** 2,
  });
});

test('limits huge pages by size if a container requests some', () => {
  const limits = { 'hugepages-2Mi': '4Mi', 'hugepages-1Gi': '2Gi', memory: '1Mi' };
  const container = { name: 'c', resources: { limits } };
  assert.deepEqual(linuxResources(containerResources(container, 100_000)).hugepageLimits, [
    { pageSize: '2MB', limit: '4194304' },
    { pageSize: '1GB', limit: '2147483648' },
  ]);
  assert.equal(linuxResources(containerResources({ name: 'c' }, 100_000)).hugepageLimits, undefined);
});

test('containers without limits inherit the pod-level ones, and a share of its memory in their OOM scores', () => {
  const spec = {
    resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2', memory: '1Gi', 'hugepages-2Mi': '4Mi' } },
    containers: [{ name: 'a', resources: { limits: { cpu: '500m' } } }, { name: 'b' }],
  };
  const pod = podOf('p', spec);
  assert.deepEqual(
    spec.containers.map((container) => boundedByPod(container, pod).resources?.limits),
    [
      { cpu: '500m', memory: '1Gi' },
      { cpu: '2', memory: '1Gi' },
    ],
  );
  assert.deepEqual(podResources(pod, 100_000).hugepages, [{ pageBytes: 2 * 1024 ** 2, limit: 4 * 1024 ** 2 }]);
  assert.equal(oomScoreOf(pod, { name: 'b' }, 2 * 1024 ** 3), 750);
});
