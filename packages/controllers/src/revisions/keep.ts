import type { ControllerRevision } from '@typernetes/api/apps/v1';
import type { ResourceClient } from '@typernetes/client';
import { isAlreadyExists, jsonEqual } from '@typernetes/machinery';
import { planRevision, type Revised } from './plan.ts';

interface KeptRevision {
  readonly revision: ControllerRevision;
  readonly hash: string;
  /** Higher than before if another revision already had the name of the new one. */
  readonly collisionCount: number;
}

/** Sees to it that the current template has a revision, the newest of the history. */
export async function keepRevision(
  revised: Revised,
  history: readonly ControllerRevision[],
  client: Pick<ResourceClient<ControllerRevision>, 'create' | 'get' | 'update'>,
): Promise<KeptRevision> {
  for (let { collisionCount } = revised; ; collisionCount++) {
    const { name, hash, create, promote } = planRevision({ ...revised, collisionCount }, history);
    if (promote) return { revision: await client.update(promote), hash, collisionCount };
    const known = history.find(({ metadata }) => metadata.name === name);
    if (!create && known) return { revision: known, hash, collisionCount };
    if (!create) throw new Error(`Cannot find revision "${name}"`);
    try {
      return { revision: await client.create(create), hash, collisionCount };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const revision = await client.get({ name, namespace: revised.owner.metadata.namespace ?? '' });
      // It is ours, only the cache did not show it yet; else the next count makes another name.
      if (jsonEqual(revision.data, create.data)) return { revision, hash, collisionCount };
    }
  }
}
