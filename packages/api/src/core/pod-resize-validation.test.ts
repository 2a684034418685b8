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
  const resizePolicy = [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }];
  const once = (cpu: string): Pod =>
    podOf(burstable, { initContainers: [{ name: 'i', resizePolicy, resources: { requests: { cpu } } }] });
  const cases: readonly { name: string; from: Pod; to: Pod; wants: readonly string[] }[] = [
    {
      name: 'within its QoS class',
      from: podOf(burstable),
      to: podOf({ requests: { cpu: '2' }, limits: { cpu: '3', 'x.io/gpu': '1' } }),
      wants: [],
    },
    {
      name: 'out of its QoS class',
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
      name: 'of resources other than cpu and memory',
      from: podOf(burstable),
      to: podOf({ requests: { cpu: '1' }, limits: { cpu: '2', 'x.io/gpu': '2' } }),
      wants: ['spec: Forbidden: only cpu and memory resources are mutable'],
    },
    {
      name: 'of init containers',
      from: podOf(burstable, { initContainers: [{ name: 'i', resources: { requests: { cpu: '1' } } }] }),
      to: podOf(burstable, { initContainers: [{ name: 'i', resources: { requests: { cpu: '2' } } }] }),
      wants: [],
    },
    {
      name: 'of init containers that would have to restart',
      from: once('1'),
      to: once('2'),
      wants: [
        'spec.initContainers[0]: Forbidden: non-sidecar init containers with a resize policy of RestartContainer cannot be resized',
      ],
    },
    {
      name: 'with other containers',
      from: podOf(burstable, { initContainers: [{ name: 'i' }] }),
      to: podOf(burstable, { containers: [{ name: 'other', resources: burstable }] }),
      wants: [
        'spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize',
        'spec.initContainers: Forbidden: initContainers may not be added or removed on resize',
      ],
    },
    {
      name: 'as a whole',
      from: podOf({}, { resources: { requests: { cpu: '1' }, limits: { cpu: '2' } } }),
      to: podOf({}, { resources: { requests: { cpu: '2' }, limits: { cpu: '3' } } }),
      wants: [],
    },
    {
      name: 'at pod level below its containers, and of other resources',
      from: podOf({ requests: { cpu: '1' } }, { resources: { requests: { cpu: '1' }, limits: { cpu: '2' } } }),
      to: podOf(
        { requests: { cpu: '1' } },
        { resources: { requests: { cpu: '500m', 'hugepages-2Mi': '2Mi' }, limits: { 'hugepages-2Mi': '2Mi' } } },
      ),
      wants: [
        'spec.resources.requests[cpu]: Invalid value: "500m": must be greater than or equal to aggregate container requests of 1',
        'spec.resources.limits: Forbidden: pod-level resource limits cannot be removed',
        'spec: Forbidden: only cpu and memory resources are mutable at pod-level',
      ],
    },
    {
      name: 'at pod level to nothing',
      from: podOf({ requests: { cpu: '1' } }, { resources: { requests: { cpu: '1' } } }),
      to: podOf({ requests: { cpu: '1' } }),
      wants: ['spec.resources: Forbidden: pod-level resources cannot be removed'],
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

test("a pod has one address of each family, and its first host IP is its node's", () => {
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
