import { type StatefulSet, statefulsets } from '@typernetes/api/apps/v1';
import type { Pod, PodTemplateSpec, Volume } from '@typernetes/api/core/v1';
import type { Draft } from '@typernetes/machinery';
import { podFromTemplate } from '../pods/from-template.ts';

/** The label with the name of a pod's revision. */
export const revisionLabel = 'controller-revision-hash';
const podNameLabel = 'statefulset.kubernetes.io/pod-name';
const indexLabel = 'apps.kubernetes.io/pod-index';

export const podName = (set: StatefulSet, ordinal: number): string => `${set.metadata.name}-${ordinal}`;

/** The ordinal at the end of a pod's name if the rest is the set's name; -1 otherwise. */
export function ordinalOf(set: StatefulSet, { metadata }: Pod): number {
  const [, parent, digits] = /^(.*)-(\d+)$/.exec(metadata.name) ?? [];
  return parent === set.metadata.name ? Number(digits) : -1;
}

/** The ordinals that the set wants pods of, ascending. */
export function ordinals({ spec }: StatefulSet): readonly number[] {
  const start = spec.ordinals?.start ?? 0;
  return Array.from({ length: spec.replicas ?? 1 }, (_, i) => start + i);
}

export function isInRange({ spec }: StatefulSet, ordinal: number): boolean {
  const start = spec.ordinals?.start ?? 0;
  return ordinal >= start && ordinal < start + (spec.replicas ?? 1);
}

/** The name of a template's claim for the pod. */
export const claimName = (template: string, pod: string): string => `${template}-${pod}`;

/** The pod of an ordinal, at a revision's template. */
export function podOf(
  set: StatefulSet,
  { template, revision, ordinal }: { template: PodTemplateSpec; revision: string; ordinal: number },
): Draft<Pod> {
  const { metadata, spec } = podFromTemplate(set, statefulsets, template);
  const name = podName(set, ordinal);
  const labels = { ...identityLabels(name, ordinal, metadata.labels), [revisionLabel]: revision };
  const subdomain = set.spec.serviceName;
  return {
    metadata: { ...metadata, name, labels },
    spec: {
      ...spec,
      hostname: name,
      ...(subdomain ? { subdomain } : {}),
      ...volumesOf(set, name, spec.volumes),
    },
  };
}

function identityLabels(
  name: string,
  ordinal: number,
  labels: Record<string, string> | undefined,
): Record<string, string> {
  return { ...labels, [podNameLabel]: name, [indexLabel]: String(ordinal) };
}

/** The claims' volumes, followed by the template's volumes of other names. */
function volumesOf(set: StatefulSet, pod: string, volumes: Volume[] = []): { volumes?: Volume[] } {
  const templates = set.spec.volumeClaimTemplates ?? [];
  if (templates.length + volumes.length === 0) return {};
  const names = new Set(templates.map(({ metadata }) => metadata.name));
  const claimed = templates.map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: claimName(name, pod) },
  }));
  return { volumes: [...claimed, ...volumes.filter(({ name }) => !names.has(name))] };
}

/** Whether the pod has the labels and volumes of its place in the set. */
export function hasIdentity(set: StatefulSet, pod: Pod): boolean {
  const { name, labels } = pod.metadata;
  if (labels?.[podNameLabel] !== name || labels[indexLabel] !== String(ordinalOf(set, pod))) return false;
  return (set.spec.volumeClaimTemplates ?? []).every(({ metadata }) => {
    const volume = pod.spec.volumes?.find((one) => one.name === metadata.name);
    return volume?.persistentVolumeClaim?.claimName === claimName(metadata.name, name);
  });
}

/** The pod with the labels and volumes of its place put right. */
export function withIdentity(set: StatefulSet, pod: Pod): Pod {
  const { name, labels } = pod.metadata;
  return {
    ...pod,
    metadata: { ...pod.metadata, labels: identityLabels(name, ordinalOf(set, pod), labels) },
    spec: { ...pod.spec, ...volumesOf(set, name, pod.spec.volumes) },
  };
}
