import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { validatePodResize } from './pod-resize-validation.ts';
import { validatePodStatusUpdate } from './pod-validation.ts';
import type { Pod, ResourceRequirements } from './v1.gen.ts';

const podOf = (resources: ResourceRequirements, change: Partial<Pod['spec']> = {}): Pod => ({
  metadata: { name: 'web', namespace: 'shop', uid: '1', resourceVersion: '1', creationTimestamp: '' },
  spec: { containers: [{ name: 'web', image: 'nginx', resources }], ...change },
});

describe('resizing a pod', () => {
  const burstable = { requests: { cpu: '1' }, limits: { cpu: '2', 'x.io/gpu': '1' } };
  const cases: readonly { name: string; from: Pod; to: Pod; wants: readonly string[] }[] = [
    {
      name: 'within its class',
      from: podOf(burstable),
      to: podOf({ requests: { cpu: '2' }, limits: { cpu: '3', 'x.io/gpu': '1' } }),
      wants: [],
    },
    {
      name: 'out of its class',
      from: podOf({ requests: { cpu: '1' } }),
      to: podOf({}),
      wants: [
        'spec: Invalid value: "BestEffort": Pod QOS Class may not change as a result of resizing',
        'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
      ],
    },
    {
      name: 'beyond its limit',
      from: podOf(burstable),
      to: podOf({ ...burstable, requests: { cpu: '4' } }),
      wants: [
        'spec.containers[0].resources.requests: Invalid value: "4": must be less than or equal to cpu limit of 2',
      ],
    },
    {
      name: 'by other means than cpu and memory',
      from: podOf(burstable),
      to: podOf({ requests: { cpu: '1' }, limits: { cpu: '2', 'x.io/gpu': '2' } }),
      wants: ['spec: Forbidden: only cpu and memory resources are mutable'],
    },
    {
      name: 'in what runs only once',
      from: podOf(burstable, { initContainers: [{ name: 'i', resources: { requests: { cpu: '1' } } }] }),
      to: podOf(burstable, { initContainers: [{ name: 'i', resources: { requests: { cpu: '2' } } }] }),
      wants: ['spec: Forbidden: resources for non-sidecar init containers are immutable'],
    },
    {
      name: 'on Windows',
      from: podOf(burstable, { os: { name: 'windows' } }),
      to: podOf(burstable, { os: { name: 'windows' } }),
      wants: [': Forbidden: windows pods cannot be resized'],
    },
  ];
  for (const { name, from, to, wants } of cases) {
    test(name, () => assert.deepEqual(validatePodResize(to, from).map(problemText), wants));
  }
});

test('the addresses of a pod are one of each family, and the first of its node is its node', () => {
  const pod: Pod = podOf({});
  const next: Pod = {
    ...pod,
    status: { hostIP: '10.0.0.1', hostIPs: [{ ip: '10.0.0.2' }], podIPs: [{ ip: '10.1.0.1' }, { ip: '10.1.0.2' }] },
  };
  assert.deepEqual(validatePodStatusUpdate(next, pod).map(problemText), [
    'status.podIPs: Invalid value: [{"ip":"10.1.0.1"},{"ip":"10.1.0.2"}]: may specify no more than one IP for each IP family',
    'status.hostIPs[0].ip: Invalid value: "10.0.0.2": must be equal to `hostIP`',
  ]);
});
