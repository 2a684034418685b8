import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { defaultPodLevelResources, podLevelResourceProblems } from './pod-level-resources.ts';
import type { PodSpec, ResourceRequirements } from './v1.gen.ts';

const specOf = (resources: ResourceRequirements, ...containers: ResourceRequirements[]): PodSpec => ({
  resources,
  containers: containers.map((own, i) => ({ name: `c${i}`, resources: own })),
});

for (const [what, spec, resources] of [
  [
    'the sum of the containers’ requests',
    specOf({ limits: { cpu: '2', memory: '1Gi' } }, { requests: { cpu: '100m' } }, { requests: { cpu: '200m' } }),
    { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '300m', memory: '1Gi' } },
  ],
  [
    'huge pages from the limits of containers',
    specOf({ limits: { memory: '1Gi' } }, { limits: { 'hugepages-2Mi': '4Mi' }, requests: { 'hugepages-2Mi': '4Mi' } }),
    { limits: { memory: '1Gi', 'hugepages-2Mi': '4Mi' }, requests: { memory: '1Gi', 'hugepages-2Mi': '4Mi' } },
  ],
  ['nothing without limits', specOf({ requests: { cpu: '1' } }, {}), { requests: { cpu: '1' } }],
  [
    'nothing from an invalid quantity',
    specOf({ limits: { cpu: '1' } }, { requests: { cpu: 'much' } }),
    { limits: { cpu: '1' }, requests: { cpu: '1' } },
  ],
] as const) {
  test(`pod-level requests: ${what}`, () => {
    defaultPodLevelResources(spec);
    assert.deepEqual(spec.resources, resources);
  });
}

for (const [what, spec, problems] of [
  ['nothing', specOf({ requests: { cpu: '1' }, limits: { cpu: '2' } }, { limits: { cpu: '2' } }), []],
  [
    'a resource that a pod cannot have',
    specOf({ limits: { 'ephemeral-storage': '1Gi' } }),
    [
      'at.limits[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory"',
    ],
  ],
  [
    'less than its containers ask for together, or one may have',
    specOf(
      { requests: { cpu: '150m' }, limits: { cpu: '1' } },
      { requests: { cpu: '100m' }, limits: { cpu: '2' } },
      { requests: { cpu: '100m' } },
    ),
    [
      'at.requests[cpu]: Invalid value: "150m": must be greater than or equal to aggregate container requests of 200m',
      'at.containers[0][cpu].limits: Invalid value: "2": must be less than or equal to pod limits of 1',
    ],
  ],
  [
    'claims',
    { ...specOf({ claims: [{ name: 'c' }] }) },
    ['at.claims: Forbidden: claims may not be set for Resources at pod-level'],
  ],
  [
    'being for Windows',
    { ...specOf({}), os: { name: 'windows' } },
    ['at: Forbidden: may not be set for a windows pod'],
  ],
] as const) {
  test(`invalid pod-level resources: ${what}`, () => {
    assert.deepEqual([...podLevelResourceProblems(spec, 'at')].map(problemText), problems);
  });
}
