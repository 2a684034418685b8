import type { Container, EphemeralContainer, Pod } from '@typernetes/api/core/v1';

export type ContainerKind = 'init' | 'sidecar' | 'regular' | 'ephemeral';

/** A container of a pod with the part it plays. */
export interface PodContainer {
  readonly spec: Container & Pick<EphemeralContainer, 'targetContainerName'>;
  readonly kind: ContainerKind;
}

/** The containers of a pod in the order in which they start. */
export function containersOf(pod: Pod): readonly PodContainer[] {
  return [
    ...(pod.spec?.initContainers ?? []).map((spec) => ({ spec, kind: initKind(spec) })),
    ...(pod.spec?.containers ?? []).map((spec) => ({ spec, kind: 'regular' as const })),
    ...(pod.spec?.ephemeralContainers ?? []).map((spec) => ({ spec, kind: 'ephemeral' as const })),
  ];
}

function initKind(spec: Container): ContainerKind {
  return spec.restartPolicy === 'Always' ? 'sidecar' : 'init';
}

const fields = {
  init: 'initContainers',
  sidecar: 'initContainers',
  regular: 'containers',
  ephemeral: 'ephemeralContainers',
} as const;

/** `spec.containers{nginx}`: the field path of a container in events. */
export function fieldPathOf({ kind, spec }: PodContainer): string {
  return `spec.${fields[kind]}{${spec.name}}`;
}
