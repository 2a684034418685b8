import { qosClassOf } from '@typernetes/api';
import type { Container, Pod, PodStatus } from '@typernetes/api/core/v1';
import {
  validateEphemeralContainersUpdate,
  validatePod,
  validatePodResize,
  validatePodStatusUpdate,
  validatePodUpdate,
} from '@typernetes/api/validation';
import { podWarnings } from '@typernetes/api/warnings';
import { keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';
import { formatTime } from '../times.ts';
import { takeAppArmorAnnotations } from './app-armor.ts';
import { mergeMatchLabelKeys } from './pod-placement.ts';

export const podStrategy: Strategy<Pod> = {
  prepareForCreate(next, { now, warn }) {
    next.status = { phase: 'Pending', qosClass: qosClassOf(next.spec) };
    mergeMatchLabelKeys(next);
    takeAppArmorAnnotations(next, warn);
    if (next.spec.schedulingGates?.length) {
      next.status.conditions = [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'SchedulingGated',
          message: 'Scheduling is blocked due to non-empty scheduling gates',
          lastTransitionTime: formatTime(now),
        },
      ];
    }
  },
  prepareForUpdate: keepStatus,
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  warningsOnCreate: podWarnings,
  gracePeriodSeconds(pod, requested) {
    const phase = pod.status?.phase;
    if (!pod.spec.nodeName || phase === 'Succeeded' || phase === 'Failed') return 0;
    const period = requested ?? pod.spec.terminationGracePeriodSeconds ?? 30;
    return period < 0 ? 1 : period;
  },
  resetFields: ['status'],
};

export const podStatusStrategy: Strategy<Pod> = {
  prepareForUpdate(next, current) {
    next.spec = current.spec;
    pinOwners(next, current);
    next.status ??= {};
    const { status } = next;
    status.qosClass ||= current.status?.qosClass ?? qosClassOf(current.spec);
    alignPodIPs(status);
  },
  validateUpdate: validatePodStatusUpdate,
  resetFields: ['spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'],
};

/** Accepts only new ephemeral containers; everything else stays. */
export const podEphemeralContainersStrategy: Strategy<Pod> = {
  prepareForUpdate(next, current) {
    const { ephemeralContainers } = next.spec;
    restore(next, current);
    next.spec = { ...current.spec, ...(ephemeralContainers ? { ephemeralContainers } : {}) };
  },
  validateUpdate: validateEphemeralContainersUpdate,
  resetFields: ['status'],
};

/**
 * Accepts only resources, of containers and of the pod as a whole. Containers with other changes pass, too: validation
 * reports them.
 */
export const podResizeStrategy: Strategy<Pod> = {
  prepareForUpdate(next, current) {
    const { containers, initContainers = [], resources } = next.spec;
    restore(next, current);
    const { resources: _before, initContainers: before = [], ...spec } = current.spec;
    const initial = resized(before, initContainers);
    next.spec = {
      ...spec,
      containers: resized(current.spec.containers, containers),
      ...(initial.length > 0 ? { initContainers: initial } : {}),
      ...(resources ? { resources } : {}),
    };
  },
  validateUpdate: validatePodResize,
  resetFields: ['status'],
};

/** A pod is never adopted or released through its status. */
function pinOwners(next: Pod, current: Pod): void {
  if (current.metadata.ownerReferences) next.metadata.ownerReferences = current.metadata.ownerReferences;
  else delete next.metadata.ownerReferences;
}

function restore(next: Pod, current: Pod): void {
  next.metadata = { ...current.metadata, resourceVersion: next.metadata.resourceVersion };
  keepStatus(next, current);
}

function resized(current: readonly Container[], next: readonly Container[] | undefined): Container[] {
  const before = new Map(current.map((container) => [container.name, container]));
  return (next ?? []).map((container) => ({
    ...(before.get(container.name) ?? container),
    resources: container.resources ?? {},
  }));
}

/** Clients that know only one address only set `podIP`: it takes precedence. */
function alignPodIPs(status: PodStatus): void {
  if (status.podIP) {
    if (status.podIPs?.[0]?.ip !== status.podIP) status.podIPs = [{ ip: status.podIP }];
  } else if (status.podIPs?.[0]) status.podIP = status.podIPs[0].ip;
}
