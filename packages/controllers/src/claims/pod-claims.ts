import type { Pod, Volume } from '@typernetes/api/core/v1';

/** The claim behind a volume of the pod, its own or a generated one. */
export function claimNameOf({ metadata }: Pod, volume: Volume): string | undefined {
  if (volume.persistentVolumeClaim) return volume.persistentVolumeClaim.claimName;
  return volume.ephemeral ? `${metadata.name}-${volume.name}` : undefined;
}

/** The keys of all claims that the pod uses. */
export function claimKeysOf(pod: Pod): readonly string[] {
  const names = (pod.spec.volumes ?? []).flatMap((volume) => claimNameOf(pod, volume) ?? []);
  return names.map((name) => `${pod.metadata.namespace}/${name}`);
}
