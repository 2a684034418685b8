import { forbiddenValue } from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';
import type { PodSpec } from './v1.gen.ts';

const ofPods = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const;
const ofPodSecurity = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
] as const;
const ofContainerSecurity = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const;

const detail = 'cannot be set for a windows pod';

/** Windows-only fields are rejected in a pod for Linux. */
export function* linuxProblems(spec: PodSpec, at: string): Problems {
  const refusal = 'windows options cannot be set for a linux pod';
  if (spec.securityContext?.windowsOptions) yield forbiddenValue(`${at}.securityContext.windowsOptions`, refusal);
  for (const list of ['containers', 'initContainers', 'ephemeralContainers'] as const) {
    for (const [i, { securityContext }] of (spec[list] ?? []).entries()) {
      if (securityContext?.windowsOptions)
        yield forbiddenValue(`${at}.${list}[${i}].securityContext.windowsOptions`, refusal);
    }
  }
}

/**
 * Linux-only fields are rejected in a pod for Windows. Such pods are accepted as upstream accepts them; no node here
 * runs them.
 */
export function* windowsProblems(spec: PodSpec, at: string): Problems {
  const { securityContext } = spec;
  for (const field of ofPods) {
    // Unlike the others, this field must not even be false.
    const isSet = field === 'hostUsers' ? spec.hostUsers != null : spec[field];
    if (isSet) yield forbiddenValue(`${at}.${field}`, detail);
  }
  for (const field of ofPodSecurity) {
    if (securityContext?.[field] != null) yield forbiddenValue(`${at}.securityContext.${field}`, detail);
  }
  for (const list of ['containers', 'initContainers', 'ephemeralContainers'] as const) {
    for (const [i, container] of (spec[list] ?? []).entries()) {
      for (const field of ofContainerSecurity) {
        if (container.securityContext?.[field] == null) continue;
        yield forbiddenValue(`${at}.${list}[${i}].securityContext.${field}`, detail);
      }
    }
  }
}
