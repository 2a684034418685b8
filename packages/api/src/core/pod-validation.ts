import {
  canonicalJson,
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  jsonEqual,
  requiredValue,
  subdomainProblems,
} from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';
import { annotationProblems, labelProblems } from '../meta/labels-validation.ts';
import { addressProblems, familyOfStored, type Stored } from './address-validation.ts';
import { appArmorMismatchProblems } from './app-armor-annotations.ts';
import { gateProblems, isGated, narrowingProblems, withNodeAffinityOf } from './gated-pod-validation.ts';
import { podAnnotationProblems, podAnnotationUpdateProblems } from './pod-annotations-validation.ts';
import { podSpecProblems } from './pod-spec-validation.ts';
import { isMirrorPod } from './pod-status.ts';
import { seccompMismatchProblems } from './seccomp-annotations.ts';
import type { Container, Pod, PodSpec, PodTemplate, PodTemplateSpec, Toleration } from './v1.gen.ts';

export function validatePod(pod: Pod): FieldProblem[] {
  return [...podProblems(pod)];
}

function* podProblems(pod: Pod): Problems {
  yield* podSpecProblems(pod.spec, 'spec');
  if (pod.spec.ephemeralContainers?.length) {
    yield forbiddenValue('spec.ephemeralContainers', 'cannot be set on create');
  }
  if (pod.spec.nodeName && pod.spec.schedulingGates?.length) {
    yield forbiddenValue('spec.nodeName', 'cannot be set until all schedulingGates have been cleared');
  }
  // Templates may omit images, to be filled in by whatever creates the pods.
  for (const [i, { image }] of (pod.spec.volumes ?? []).entries())
    if (image && !image.reference) yield requiredValue(`spec.volumes[${i}].image.reference`);
  yield* claimNameProblems(pod);
  const { annotations } = pod.metadata;
  yield* podAnnotationProblems(annotations, pod.spec, { at: 'metadata.annotations' });
  yield* seccompMismatchProblems(annotations, pod.spec, 'spec');
  yield* appArmorMismatchProblems(pod);
}

/** Ephemeral claims are named after the pod, so the combined names must be valid. */
function* claimNameProblems({ metadata, spec }: Pod): Problems {
  const made = new Set<string>();
  for (const [i, { name, ephemeral }] of (spec.volumes ?? []).entries()) {
    if (!ephemeral || !metadata.name || !name) continue;
    const claim = `${metadata.name}-${name}`;
    made.add(claim);
    for (const detail of subdomainProblems(claim))
      yield invalidValue(`spec.volumes[${i}].name`, name, `PVC name ${JSON.stringify(claim)}: ${detail}`);
  }
  for (const [i, { persistentVolumeClaim }] of (spec.volumes ?? []).entries()) {
    const claim = persistentVolumeClaim?.claimName;
    if (claim === undefined || !made.has(claim)) continue;
    const detail = 'must not reference a PVC that gets created for an ephemeral volume';
    yield invalidValue(`spec.volumes[${i}].persistentVolumeClaim.claimName`, claim, detail);
  }
}

/** Rules for the pod template of a workload, at `at`. */
export function* podTemplateProblems(template: PodTemplateSpec | undefined, at: string): Problems {
  yield* labelProblems(template?.metadata?.labels, `${at}.labels`);
  yield* annotationProblems(template?.metadata?.annotations, `${at}.annotations`);
  if (!template?.spec) return;
  const { annotations } = template.metadata ?? {};
  yield* podAnnotationProblems(annotations, template.spec, { at: `${at}.annotations` });
  yield* podSpecProblems(template.spec, `${at}.spec`);
  yield* seccompMismatchProblems(annotations, template.spec, `${at}.spec`);
  if (template.spec.ephemeralContainers?.length) {
    yield forbiddenValue(`${at}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template');
  }
}

export function validatePodTemplate({ template }: PodTemplate): FieldProblem[] {
  return [...podTemplateProblems(template, 'template')];
}

const updateDetail =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n';

export function validatePodUpdate(next: Pod, current: Pod): FieldProblem[] {
  return [...podUpdateProblems(next, current)];
}

function* podUpdateProblems(next: Pod, current: Pod): Problems {
  yield* podAnnotationUpdateProblems(next, current);
  if (jsonEqual(next.spec, current.spec)) return;
  yield* podSpecProblems(next.spec, 'spec', current.spec);
  for (const list of ['containers', 'initContainers'] as const) {
    if ((next.spec[list]?.length ?? 0) !== (current.spec[list]?.length ?? 0)) {
      yield forbiddenValue(`spec.${list}`, 'pod updates may not add or remove containers');
      return;
    }
  }
  yield* deadlineProblems(next.spec.activeDeadlineSeconds, current.spec.activeDeadlineSeconds);
  yield* addedTolerationProblems(next.spec.tolerations ?? [], current.spec.tolerations ?? []);
  yield* gateProblems(next.spec, current.spec);
  yield* narrowingProblems(next.spec, current.spec);
  const rest = withMutableFieldsOf(next.spec, current.spec);
  if (!jsonEqual(rest, current.spec)) {
    yield forbiddenValue('spec', `${updateDetail}${changes(rest, current.spec)}`);
  }
}

function* deadlineProblems(next: number | undefined, current: number | undefined): Problems {
  const path = 'spec.activeDeadlineSeconds';
  if (current == null) return;
  if (next == null) yield invalidValue(path, null, 'must not update from a positive integer to nil value');
  else if (next > current) yield invalidValue(path, next, 'must be less than or equal to previous value');
}

function* addedTolerationProblems(next: readonly Toleration[], current: readonly Toleration[]): Problems {
  const identity = ({ tolerationSeconds: _seconds, ...rest }: Toleration): string => canonicalJson(rest);
  const kept = new Set(next.map(identity));
  if (!current.every((toleration) => kept.has(identity(toleration)))) {
    yield forbiddenValue('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds');
  }
}

/** `next` with the mutable fields reset to their old values. */
function withMutableFieldsOf(next: PodSpec, current: PodSpec): PodSpec {
  const images = (to: Container[] | undefined, from: Container[] | undefined) =>
    to?.map((container, i) => ({ ...container, image: from?.[i]?.image }));
  return {
    ...next,
    containers: images(next.containers, current.containers) ?? [],
    initContainers: images(next.initContainers, current.initContainers),
    activeDeadlineSeconds: current.activeDeadlineSeconds,
    tolerations: current.tolerations,
    schedulingGates: current.schedulingGates,
    terminationGracePeriodSeconds:
      (current.terminationGracePeriodSeconds ?? 0) < 0 && next.terminationGracePeriodSeconds === 1
        ? current.terminationGracePeriodSeconds
        : next.terminationGracePeriodSeconds,
    ...(isGated(current)
      ? { nodeSelector: current.nodeSelector, affinity: withNodeAffinityOf(next.affinity, current.affinity) }
      : {}),
  };
}

/** The top-level fields that differ, with both values. */
function changes(next: PodSpec, current: PodSpec): string {
  const keys = new Set([...Object.keys(next), ...Object.keys(current)]) as Set<keyof PodSpec>;
  return [...keys]
    .filter((key) => !jsonEqual(next[key], current[key]))
    .map((key) => `-${key}: ${JSON.stringify(current[key])}\n+${key}: ${JSON.stringify(next[key])}`)
    .join('\n');
}

export function validatePodStatusUpdate(next: Pod, current: Pod): FieldProblem[] {
  return [...statusProblems(next, current)];
}

function* statusProblems(next: Pod, current: Pod): Problems {
  yield* podAnnotationUpdateProblems(next, current);
  if (next.spec.nodeName !== current.spec.nodeName) {
    yield forbiddenValue('status.nodeName', 'may not be changed directly');
  }
  const nominated = next.status?.nominatedNodeName;
  if (nominated) {
    for (const why of subdomainProblems(nominated)) yield invalidValue('status.nominatedNodeName', nominated, why);
  }
  const before = current.status?.qosClass;
  if (before && next.status?.qosClass && next.status.qosClass !== before) {
    yield invalidValue('status.qosClass', next.status.qosClass, 'field is immutable');
  }
  for (const list of ['podIPs', 'hostIPs'] as const) {
    const stored = current.status?.[list]?.map(({ ip }) => ip);
    yield* addressListProblems(next.status?.[list], `status.${list}`, stored);
  }
  const hostIP = next.status?.hostIPs?.[0]?.ip;
  if (hostIP !== undefined && hostIP !== next.status?.hostIP) {
    yield invalidValue('status.hostIPs[0].ip', hostIP, 'must be equal to `hostIP`');
  }
  if (current.spec.restartPolicy === 'Always') return;
  for (const [i, status] of (next.status?.containerStatuses ?? []).entries()) {
    const old = current.status?.containerStatuses?.find(({ name }) => name === status.name);
    const mayRestart = current.spec.restartPolicy === 'OnFailure' && old?.state?.terminated?.exitCode !== 0;
    if (old?.state?.terminated && !status.state?.terminated && !mayRestart) {
      yield forbiddenValue(`status.containerStatuses[${i}].state`, 'may not be transitioned to non-terminated state');
    }
  }
}

function* addressListProblems(
  list: readonly { readonly ip: string }[] | undefined,
  at: string,
  stored: Stored | undefined,
): Problems {
  const families: (string | undefined)[] = [];
  for (const [i, { ip }] of (list ?? []).entries()) {
    yield* addressProblems(ip, `${at}[${i}]`, stored);
    families.push(familyOfStored(ip));
  }
  if (new Set(families).size < families.length) {
    yield invalidValue(at, list, 'may specify no more than one IP for each IP family');
  }
}

/** `/ephemeralcontainers`: existing ones must not change. */
export function validateEphemeralContainersUpdate(next: Pod, current: Pod): FieldProblem[] {
  return [...ephemeralProblems(next, current)];
}

function* ephemeralProblems(next: Pod, current: Pod): Problems {
  const path = 'spec.ephemeralContainers';
  if (isMirrorPod(current)) yield forbiddenValue('', 'static pods do not support ephemeral containers');
  yield* podSpecProblems(next.spec, 'spec', current.spec);
  for (const old of current.spec.ephemeralContainers ?? []) {
    const i = (next.spec.ephemeralContainers ?? []).findIndex(({ name }) => name === old.name);
    const kept = next.spec.ephemeralContainers?.[i];
    if (!kept) yield forbiddenValue(path, `existing ephemeral containers "${old.name}" may not be removed\n`);
    else if (!jsonEqual(kept, old)) {
      yield forbiddenValue(path, `existing ephemeral containers "${old.name}" may not be changed\n`);
    }
  }
}
