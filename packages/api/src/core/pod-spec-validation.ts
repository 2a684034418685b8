import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  labelNameProblems,
  qualifiedNameProblems,
  requiredValue,
  subdomainProblems,
  tooLong,
} from '@typernetes/machinery';
import { oneOf, type Problems, wellFormed } from '../meta/field-checks.ts';
import { labelProblems } from '../meta/labels-validation.ts';
import { addressProblems } from './address-validation.ts';
import { containerRestartProblems } from './container-restart-validation.ts';
import { type ContainerScope, containerProblems, imageSpaceProblems, userId } from './container-validation.ts';
import { dnsProblems } from './dns-validation.ts';
import { ephemeralContainerProblems } from './ephemeral-container-validation.ts';
import { fileKeyProblems } from './file-key-validation.ts';
import { affinityProblems, spreadProblems, tolerationProblems } from './placement-validation.ts';
import { everyContainer } from './pod-containers.ts';
import { podLevelResourceProblems } from './pod-level-resources.ts';
import { containerProbeProblems, sleepProblems } from './probe-validation.ts';
import { initResizePolicyProblems, resizePolicyProblems } from './resize-policy-validation.ts';
import { podClaimProblems } from './resource-claims-validation.ts';
import { resourceProblems } from './resources-validation.ts';
import { appArmorProblems, seccompProblems } from './security-validation.ts';
import { stopSignalProblems } from './stop-signals.ts';
import type { Container, PodSecurityContext, PodSpec } from './v1.gen.ts';
import { volumeProblems } from './volume-validation.ts';
import { linuxProblems, windowsProblems } from './windows-validation.ts';

/** Rules of a pod spec, in a pod (at `spec`) or in a template. `stored`: the stored object, for an update. */
export function* podSpecProblems(spec: PodSpec, at: string, stored?: PodSpec): Problems {
  yield* volumeProblems(spec.volumes, `${at}.volumes`);
  yield* allContainerProblems(spec, at);
  yield* oneOf(spec.restartPolicy, {
    at: `${at}.restartPolicy`,
    of: ['Always', 'OnFailure', 'Never'],
    required: true,
  });
  yield* dnsProblems(spec, at, stored?.dnsConfig?.nameservers);
  yield* labelProblems(spec.nodeSelector, `${at}.nodeSelector`);
  if (spec.terminationGracePeriodSeconds == null) yield requiredValue(`${at}.terminationGracePeriodSeconds`);
  if (spec.securityContext) yield* securityProblems(spec, `${at}.securityContext`);
  yield* affinityProblems(spec.affinity, `${at}.affinity`);
  yield* tolerationProblems(spec.tolerations, `${at}.tolerations`);
  yield* spreadProblems(spec.topologySpreadConstraints, `${at}.topologySpreadConstraints`);
  yield* namedObjectProblems(spec, at);
  yield* hostProblems(spec, at, stored);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline != null && (deadline < 1 || deadline > 2147483647)) {
    yield invalidValue(`${at}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive');
  }
  yield* oneOf(spec.preemptionPolicy, { at: `${at}.preemptionPolicy`, of: ['PreemptLowerPriority', 'Never'] });
  yield* gateProblems(spec, at);
  if (spec.os) yield* oneOf(spec.os.name, { at: `${at}.os.name`, of: ['linux', 'windows'], required: true });
  if (spec.os?.name === 'linux') yield* linuxProblems(spec, at);
  if (spec.os?.name === 'windows') yield* windowsProblems(spec, at);
  yield* podClaimProblems(spec, at);
  yield* podLevelResourceProblems(spec, `${at}.resources`);
  if (spec.overhead) yield* resourceProblems({ limits: spec.overhead }, `${at}.overhead`);
  if (at !== 'spec') return;
  for (const list of ['containers', 'initContainers'] as const)
    for (const [i, container] of (spec[list] ?? []).entries())
      yield* imageSpaceProblems(container, `${at}.${list}[${i}]`);
}

function* allContainerProblems(spec: PodSpec, at: string): Problems {
  const volumes = new Set(spec.volumes?.map(({ name }) => name));
  const claims = new Set(
    spec.volumes?.flatMap(({ name, persistentVolumeClaim, ephemeral }) =>
      persistentVolumeClaim || ephemeral ? [name] : [],
    ),
  );
  if (!spec.containers?.length) yield requiredValue(`${at}.containers`);
  const names = new Set<string>();
  for (const [i, container] of (spec.containers ?? []).entries()) {
    const scope = { at: `${at}.containers[${i}]`, volumes, claims };
    yield* containerProblems(container, scope);
    yield* hookProblems(container, scope.at, spec);
    if (container.restartPolicy || container.restartPolicyRules) yield* containerRestartProblems(container, scope.at);
    yield* uniqueName(container, { at: scope.at, names });
    if (spec.hostNetwork) yield* hostPortProblems(container, scope.at);
  }
  yield* portConflicts(spec.containers, `${at}.containers`);
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    const scope = { at: `${at}.initContainers[${i}]`, volumes, claims };
    yield* initContainerProblems(container, scope, spec);
    if (container.name || names.has('')) yield* uniqueName(container, { at: scope.at, names });
    // Each has its ports to itself, and is told as the first.
    yield* portConflicts([container], `${at}.initContainers`);
  }
  const targets = new Set(names);
  for (const [i, container] of (spec.ephemeralContainers ?? []).entries()) {
    const scope = { at: `${at}.ephemeralContainers[${i}]`, volumes, claims, targets };
    yield* ephemeralContainerProblems(container, scope);
    yield* uniqueName(container, { at: scope.at, names });
  }
  for (const { container, path } of everyContainer(spec, at)) {
    yield* resizePolicyProblems(container, path, spec.restartPolicy);
    yield* fileKeyProblems(container, path, spec.volumes);
    if (spec.hostUsers === false && container.volumeDevices?.length)
      yield forbiddenValue(`${path}.volumeDevices`, 'when `hostUsers` is false');
    if (container.securityContext?.procMount !== 'Unmasked' || spec.hostUsers === false) continue;
    const detail = '`hostUsers` must be false to use `Unmasked`';
    yield invalidValue(`${path}.securityContext.procMount`, 'Unmasked', detail);
  }
  for (const [i, container] of (spec.initContainers ?? []).entries())
    yield* initResizePolicyProblems(container, `${at}.initContainers[${i}]`);
}

/** Probes and hooks of a container that may have them. */
function* hookProblems(container: Container, at: string, spec: PodSpec): Problems {
  yield* containerProbeProblems(container, at);
  yield* sleepProblems(container, at, spec.terminationGracePeriodSeconds);
  yield* stopSignalProblems(container, at, spec.os);
}

function* uniqueName({ name = '' }: Partial<Container>, { at, names }: { at: string; names: Set<string> }): Problems {
  if (names.has(name)) yield duplicateValue(`${at}.name`, name);
  names.add(name);
}

function* initContainerProblems(container: Container, scope: ContainerScope, spec: PodSpec): Problems {
  yield* containerProblems(container, scope);
  yield* containerRestartProblems(container, scope.at);
  if (container.restartPolicy === 'Always') {
    yield* hookProblems(container, scope.at, spec);
    return;
  }
  for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    if (container[field]) {
      yield forbiddenValue(`${scope.at}.${field}`, 'may not be set for init containers without restartPolicy=Always');
    }
  }
}

function* hostPortProblems({ ports }: Container, at: string): Problems {
  for (const [i, { containerPort, hostPort }] of (ports ?? []).entries()) {
    if (hostPort && hostPort !== containerPort) {
      const detail = 'must match `containerPort` when `hostNetwork` is true';
      yield invalidValue(`${at}.ports[${i}].hostPort`, hostPort, detail);
    }
  }
}

function* portConflicts(containers: readonly Container[] | undefined, at: string): Problems {
  const taken = new Set<string>();
  for (const [i, { ports }] of (containers ?? []).entries()) {
    for (const [j, { hostPort, hostIP, protocol }] of (ports ?? []).entries()) {
      if (!hostPort) continue;
      const key = `${protocol}/${hostIP ?? ''}/${hostPort}`;
      if (taken.has(key)) yield duplicateValue(`${at}[${i}].ports[${j}].hostPort`, key);
      taken.add(key);
    }
  }
}

function* securityProblems(spec: PodSpec, at: string): Problems {
  const security = spec.securityContext as PodSecurityContext;
  yield* userId(security.fsGroup, `${at}.fsGroup`);
  yield* userId(security.runAsUser, `${at}.runAsUser`);
  yield* userId(security.runAsGroup, `${at}.runAsGroup`);
  for (const [i, group] of (security.supplementalGroups ?? []).entries()) {
    yield* userId(group, `${at}.supplementalGroups[${i}]`);
  }
  if (spec.shareProcessNamespace && spec.hostPID) {
    const detail = 'ShareProcessNamespace and HostPID cannot both be enabled';
    yield invalidValue(`${at}.shareProcessNamespace`, spec.shareProcessNamespace, detail);
  }
  const names = new Set<string>();
  for (const [i, { name }] of (security.sysctls ?? []).entries()) {
    if (!name) yield requiredValue(`${at}.sysctls[${i}].name`);
    else if (name.length > 253 || !sysctlName.test(name)) {
      const detail = `must have at most 253 characters and match regex ${shownSysctlName}`;
      yield invalidValue(`${at}.sysctls[${i}].name`, name, detail);
    } else if (names.has(name)) yield duplicateValue(`${at}.sysctls[${i}].name`, name);
    else if (spec.hostNetwork && /^net[./]/.test(name)) {
      yield invalidValue(`${at}.sysctls[${i}].name`, name, "may not be specified when 'hostNetwork' is true");
    }
    names.add(name);
  }
  yield* oneOf(security.fsGroupChangePolicy, { at: `${at}.fsGroupChangePolicy`, of: ['Always', 'OnRootMismatch'] });
  yield* oneOf(security.supplementalGroupsPolicy, { at: `${at}.supplementalGroupsPolicy`, of: ['Merge', 'Strict'] });
  yield* oneOf(security.seLinuxChangePolicy, { at: `${at}.seLinuxChangePolicy`, of: ['MountOption', 'Recursive'] });
  yield* seccompProblems(security.seccompProfile, `${at}.seccompProfile`);
  yield* appArmorProblems(security.appArmorProfile, `${at}.appArmorProfile`);
}

const sysctlName = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
/** The pattern as upstream's message shows it. */
const shownSysctlName = sysctlName.source.replace('[./]', '[\\./]');

function* namedObjectProblems(spec: PodSpec, at: string): Problems {
  yield* wellFormed(spec.serviceAccountName, { at: `${at}.serviceAccountName`, by: subdomainProblems });
  yield* wellFormed(spec.nodeName, { at: `${at}.nodeName`, by: subdomainProblems });
  yield* wellFormed(spec.hostname, { at: `${at}.hostname`, by: labelNameProblems });
  yield* wellFormed(spec.subdomain, { at: `${at}.subdomain`, by: labelNameProblems });
  yield* wellFormed(spec.priorityClassName, { at: `${at}.priorityClassName`, by: subdomainProblems });
  // An empty name is given, and wrong.
  for (const detail of spec.runtimeClassName == null ? [] : subdomainProblems(spec.runtimeClassName))
    yield invalidValue(`${at}.runtimeClassName`, spec.runtimeClassName, detail);
  yield* hostnameOverrideProblems(spec, `${at}.hostnameOverride`);
}

const maxHostnameBytes = 64;

function* hostnameOverrideProblems(
  { hostnameOverride: name, setHostnameAsFQDN, hostNetwork }: PodSpec,
  at: string,
): Problems {
  if (name == null) return;
  if (setHostnameAsFQDN) yield forbiddenValue(at, 'may not be specified when setHostnameAsFQDN is true');
  if (hostNetwork) yield forbiddenValue(at, 'may not be specified when hostNetwork is true');
  if (name.length > maxHostnameBytes) yield tooLong(at, maxHostnameBytes);
  yield* wellFormed(name, { at, by: subdomainProblems });
}

function* hostProblems(spec: PodSpec, at: string, stored: PodSpec | undefined): Problems {
  const known = stored?.hostAliases?.map(({ ip }) => ip);
  if (spec.hostUsers === false) {
    if (spec.hostNetwork) yield forbiddenValue(`${at}.hostNetwork`, 'when `hostUsers` is false');
    if (spec.hostPID) yield forbiddenValue(`${at}.HostPID`, 'when `hostUsers` is false');
    if (spec.hostIPC) yield forbiddenValue(`${at}.HostIPC`, 'when `hostUsers` is false');
  }
  for (const [i, { ip, hostnames }] of (spec.hostAliases ?? []).entries()) {
    yield* addressProblems(ip, `${at}.hostAliases[${i}].ip`, known);
    for (const [j, name] of (hostnames ?? []).entries()) {
      for (const detail of subdomainProblems(name))
        yield invalidValue(`${at}.hostAliases[${i}].hostnames[${j}]`, name, detail);
    }
  }
}

function* gateProblems(spec: PodSpec, at: string): Problems {
  for (const [i, { conditionType }] of (spec.readinessGates ?? []).entries()) {
    for (const detail of qualifiedNameProblems(conditionType)) {
      yield invalidValue(`${at}.readinessGates[${i}].conditionType`, conditionType, detail);
    }
  }
  const names = new Set<string>();
  for (const [i, { name }] of (spec.schedulingGates ?? []).entries()) {
    for (const detail of qualifiedNameProblems(name)) yield invalidValue(`${at}.schedulingGates[${i}]`, name, detail);
    if (names.has(name)) yield duplicateValue(`${at}.schedulingGates[${i}]`, name);
    names.add(name);
  }
}
