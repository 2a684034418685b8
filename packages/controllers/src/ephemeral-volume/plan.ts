import { type PersistentVolumeClaim, type Pod, pods } from '@typernetes/api/core/v1';
import { controllerReference, type Draft, isControlledBy } from '@typernetes/machinery';
import { claimNameOf } from '../claims/pod-claims.ts';

interface EphemeralPlan {
  readonly create: readonly Draft<PersistentVolumeClaim>[];
  /** Claims with the name of one of the pod's that belong to something else. */
  readonly foreign: readonly string[];
}

/** The claims that the pod's ephemeral volumes lack. */
export function planEphemeral(pod: Pod, claim: (name: string) => PersistentVolumeClaim | undefined): EphemeralPlan {
  const create: Draft<PersistentVolumeClaim>[] = [];
  const foreign: string[] = [];
  if (pod.metadata.deletionTimestamp !== undefined) return { create, foreign };
  for (const volume of pod.spec.volumes ?? []) {
    const template = volume.ephemeral?.volumeClaimTemplate;
    const name = claimNameOf(pod, volume);
    if (!template || !name) continue;
    const existing = claim(name);
    if (existing && !isControlledBy(existing, pod)) foreign.push(name);
    if (existing) continue;
    const { labels, annotations } = template.metadata ?? {};
    create.push({
      metadata: {
        name,
        namespace: pod.metadata.namespace,
        ...(labels ? { labels } : {}),
        ...(annotations ? { annotations } : {}),
        ownerReferences: [controllerReference(pod, pods)],
      },
      spec: template.spec,
    });
  }
  return { create, foreign };
}
