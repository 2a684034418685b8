import type { Container, PodSpec } from '@typernetes/api/core/v1';

/** Whether a pod refers to objects of these kinds anywhere. */
interface PodReferences {
  readonly secrets: boolean;
  readonly configMaps: boolean;
  readonly claims: boolean;
}

export function referencesOf(spec: PodSpec): PodReferences {
  const volumes = spec.volumes ?? [];
  const sources = volumes.flatMap((volume) => volume.projected?.sources ?? []);
  const containers = containersOf(spec);
  const env = containers.flatMap((container) => container.env ?? []);
  const envFrom = containers.flatMap((container) => container.envFrom ?? []);
  return {
    secrets:
      (spec.imagePullSecrets?.length ?? 0) > 0 ||
      volumes.some((volume) => volume.secret) ||
      sources.some((source) => source.secret) ||
      env.some(({ valueFrom }) => valueFrom?.secretKeyRef) ||
      envFrom.some((source) => source.secretRef),
    configMaps:
      volumes.some((volume) => volume.configMap) ||
      sources.some((source) => source.configMap) ||
      env.some(({ valueFrom }) => valueFrom?.configMapKeyRef) ||
      envFrom.some((source) => source.configMapRef),
    claims: volumes.some((volume) => volume.persistentVolumeClaim || volume.ephemeral),
  };
}

/** All containers of a pod, init containers first, including ephemeral ones. */
export function containersOf(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...((spec.ephemeralContainers ?? []) as Container[])];
}
