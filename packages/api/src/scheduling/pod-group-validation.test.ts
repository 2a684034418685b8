import { test } from 'node:test';
import { assertProblems } from '../testing/problem-lines.ts';
import { validatePodGroup, validatePodGroupStatus, validatePodGroupUpdate } from './pod-group-validation.ts';
import type { PodGroup, Workload } from './v1alpha2.gen.ts';
import { validateWorkload, validateWorkloadUpdate } from './workload-validation.ts';

const group = (spec: object, status?: object): PodGroup =>
  ({ metadata: { name: 'g' }, spec, status }) as unknown as PodGroup;
const workload = (spec: object): Workload => ({ metadata: { name: 'w' }, spec }) as unknown as Workload;

const basic = { schedulingPolicy: { basic: {} } };

test('a group has one scheduling policy, and names the claims that it shares', () => {
  assertProblems(validatePodGroup(group(basic)), []);
  const wrong = {
    podGroupTemplateRef: { workload: { workloadName: 'W', podGroupTemplateName: '' } },
    schedulingPolicy: { basic: {}, gang: { minCount: -1 } },
    schedulingConstraints: { topology: [{ key: 'a b' }, { key: '' }] },
    resourceClaims: [{ name: 'a', resourceClaimName: 'x', resourceClaimTemplateName: 'y' }, { name: 'a' }],
    disruptionMode: 'All',
    priorityClassName: 'High',
    priority: 1_000_000_001,
  };
  assertProblems(validatePodGroup(group(wrong)), [
    "spec.podGroupTemplateRef.workload.workloadName: regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    'spec.podGroupTemplateRef.workload.podGroupTemplateName: Required value',
    'spec.schedulingPolicy: Invalid value: "{`basic`, `gang`}": must specify exactly one of: `basic`, `gang`',
    'spec.schedulingPolicy.gang.minCount: must be greater than or equal to 1',
    'spec.schedulingConstraints.topology: Too many: 2: must have at most 1 item',
    "spec.schedulingConstraints.topology[0].key: regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    'spec.schedulingConstraints.topology[1].key: Required value',
    'spec.resourceClaims[1]: Duplicate value: {"name":"a"}',
    'spec.resourceClaims[0]: must specify exactly one of: `resourceClaimName`, `resourceClaimTemplateName`',
    'spec.resourceClaims[1]: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
    'spec.disruptionMode: Unsupported value: "All": supported values: "Pod", "PodGroup"',
    "spec.priorityClassName: regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    'spec.priority: must be less than or equal to 1000000000',
  ]);
  assertProblems(validatePodGroup(group({ schedulingPolicy: {} })), [
    'spec.schedulingPolicy: Invalid value: "": must specify one of: `basic`, `gang`',
  ]);
});

test("the scheduling policy is immutable, and the status refers to the group's claims", () => {
  const gang = { schedulingPolicy: { gang: { minCount: 2 } } };
  assertProblems(validatePodGroupUpdate(group(gang), group(basic)), [
    'spec.schedulingPolicy: Invalid value: null: field is immutable',
  ]);
  const condition = { type: 'A', status: 'True', reason: '-', lastTransitionTime: '2026-01-01T00:00:00Z' };
  const status = { conditions: [condition, condition], resourceClaimStatuses: [{ name: 'other' }] };
  assertProblems(validatePodGroupStatus(group(basic, status)), [
    "status.conditions[0].reason: regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')",
    'status.conditions[1].type: Duplicate value: "A"',
    "status.conditions[1].reason: regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')",
    'status.resourceClaimStatuses[0].name: must match the name of an entry in `spec.resourceClaims`',
  ]);
});

test('a workload has templates of distinct names, which are immutable', () => {
  const of = (...podGroupTemplates: object[]) => workload({ podGroupTemplates });
  assertProblems(validateWorkload(of({ name: 'a', ...basic })), []);
  assertProblems(validateWorkload(of()), ['spec.podGroupTemplates: Required value']);
  const wrong = workload({
    controllerRef: { apiGroup: 'B_d', kind: '', name: 'a/b' },
    podGroupTemplates: [
      { name: 'a', ...basic },
      { name: 'a', schedulingPolicy: { gang: {} } },
    ],
  });
  assertProblems(validateWorkload(wrong), [
    "spec.controllerRef.apiGroup: regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    'spec.controllerRef.kind: Required value',
    "spec.controllerRef.name: may not contain '/'",
    'spec.podGroupTemplates[1]: Duplicate value: {"name":"a","schedulingPolicy":{"gang":{}}}',
    'spec.podGroupTemplates[1].schedulingPolicy.gang.minCount: Required value',
  ]);
  assertProblems(validateWorkloadUpdate(of({ name: 'b', ...basic }), of({ name: 'a', ...basic })), [
    'spec.podGroupTemplates: Invalid value: null: field is immutable',
  ]);
});
