import type { Deployment, ReplicaSet, StatefulSet } from '@typernetes/api/apps/v1';
import type { Pod, ReplicationController } from '@typernetes/api/core/v1';
import type { Lister } from '@typernetes/client';
import { type ApiObject, controllerOf, isNotFound } from '@typernetes/machinery';
import type { ScaleClient } from '../scales/scale-client.ts';

export interface ScaleSources {
  readonly replicaSets: Pick<Lister<ReplicaSet>, 'get'>;
  readonly deployments: Pick<Lister<Deployment>, 'get'>;
  readonly statefulSets: Pick<Lister<StatefulSet>, 'get'>;
  readonly replicationControllers: Pick<Lister<ReplicationController>, 'get'>;
  readonly scales: Pick<ScaleClient, 'get'>;
}

interface OwnersScale {
  readonly scale: number;
  /** Names of pods that no controller owns. */
  readonly unmanaged: readonly string[];
}

/**
 * The replicas that the owners of the pods want, counting each owner once. Throws when an owner cannot be determined.
 */
export async function ownersScale(pods: readonly Pod[], sources: ScaleSources): Promise<OwnersScale> {
  const unmanaged: string[] = [];
  const seen = new Set<string>();
  const scales = new Map<string, number>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (!owner) {
      unmanaged.push(pod.metadata.name);
      continue;
    }
    if (seen.has(owner.uid)) continue;
    seen.add(owner.uid);
    const found = await scaleOf(pod, owner, sources);
    if (!found) throw new Error(`found no controllers for pod "${pod.metadata.name}"`);
    scales.set(found.uid, found.replicas);
  }
  return { scale: [...scales.values()].reduce((sum, replicas) => sum + replicas, 0), unmanaged };
}

type Owner = NonNullable<ReturnType<typeof controllerOf>>;
type Found = { readonly uid: string; readonly replicas: number } | undefined;
type Scaled = ApiObject & { spec: { replicas?: number } };

async function scaleOf(pod: Pod, owner: Owner, sources: ScaleSources): Promise<Found> {
  const namespace = pod.metadata.namespace ?? '';
  const group = owner.apiVersion.split('/').slice(0, -1).join('/');
  if (owner.kind === 'ReplicaSet' && group === 'apps') {
    const set = known(sources.replicaSets.get(`${namespace}/${owner.name}`), owner.uid);
    const parent = set && controllerOf(set);
    if (parent?.kind === 'Deployment') {
      return replicasOf(known(sources.deployments.get(`${namespace}/${parent.name}`), parent.uid));
    }
    return replicasOf(set);
  }
  if (owner.kind === 'StatefulSet' && group === 'apps')
    return replicasOf(known(sources.statefulSets.get(`${namespace}/${owner.name}`), owner.uid));
  if (owner.kind === 'ReplicationController' && group === '')
    return replicasOf(known(sources.replicationControllers.get(`${namespace}/${owner.name}`), owner.uid));
  try {
    const { metadata, spec } = await sources.scales.get({ ...owner, namespace });
    return metadata?.uid === owner.uid ? { uid: owner.uid, replicas: spec?.replicas ?? 0 } : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function known<T extends ApiObject>(object: T | undefined, uid: string): T | undefined {
  return object?.metadata.uid === uid ? object : undefined;
}

function replicasOf(object: Scaled | undefined): Found {
  return object && { uid: object.metadata.uid, replicas: object.spec.replicas ?? 1 };
}
