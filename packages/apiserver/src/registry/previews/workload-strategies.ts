import type { PodGroup, PodGroupSpec, PodGroupTemplate, Workload } from '@typernetes/api/scheduling/v1alpha2';
import {
  validatePodGroup,
  validatePodGroupStatus,
  validatePodGroupUpdate,
  validateWorkload,
  validateWorkloadUpdate,
} from '@typernetes/api/validation';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy, StrategyContext } from '../strategy.ts';

type Group = PodGroupSpec | PodGroupTemplate;

/** Fields that a gate has to be open for, unless they are in use already. */
const gated: Readonly<Record<string, readonly (keyof Group)[]>> = {
  TopologyAwareWorkloadScheduling: ['schedulingConstraints'],
  DRAWorkloadResourceClaims: ['resourceClaims'],
  WorkloadAwarePreemption: ['disruptionMode', 'priorityClassName', 'priority'],
};

function dropGated(next: Group, current: readonly Group[], { featureEnabled }: StrategyContext): void {
  for (const [gate, names] of Object.entries(gated)) {
    if (featureEnabled(gate) || current.some((group) => names.some((name) => group[name] !== undefined))) continue;
    for (const name of names) delete next[name];
  }
}

export const podGroupStrategy: Strategy<PodGroup> = {
  prepareForCreate(next, context) {
    next.status = {};
    dropGated(next.spec, [], context);
  },
  prepareForUpdate(next, current, context) {
    keepStatus(next, current);
    dropGated(next.spec, [current.spec], context);
  },
  validate: validatePodGroup,
  validateUpdate: validatePodGroupUpdate,
  resetFields: ['status'],
};

export const podGroupStatusStrategy: Strategy<PodGroup> = {
  prepareForUpdate(next, current, { featureEnabled }) {
    keepSpec(next, current);
    const claims = featureEnabled('DRAWorkloadResourceClaims') || current.spec.resourceClaims?.length;
    if (!claims) delete next.status?.resourceClaimStatuses;
  },
  validateUpdate: validatePodGroupStatus,
  resetFields: ['metadata', 'spec'],
};

export const workloadStrategy: Strategy<Workload> = {
  prepareForCreate(next, context) {
    for (const template of next.spec.podGroupTemplates ?? []) dropGated(template, [], context);
  },
  prepareForUpdate(next, current, context) {
    const known = current.spec.podGroupTemplates ?? [];
    for (const template of next.spec.podGroupTemplates ?? []) dropGated(template, known, context);
  },
  validate: validateWorkload,
  validateUpdate: validateWorkloadUpdate,
};
