import type { ApiClient } from '@typernetes/client';
import {
  type ApiObject,
  type Draft,
  isAlreadyExists,
  isConflict,
  isInvalid,
  type ResourceType,
} from '@typernetes/machinery';

/** How often somebody else may be faster, or our own write come back as somebody else's because its answer got lost. */
const mostAttempts = 10;

/** Creates the object, or leaves the one of that name as it is: users edit it. */
export async function ensureThere<T extends ApiObject>(
  client: Pick<ApiClient, 'resource'>,
  type: ResourceType<T>,
  draft: Draft<T>,
): Promise<void> {
  try {
    await client.resource(type).create(draft, { fieldManager: 'kubeadm' });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

/** Creates the object, or brings the one of that name to this state: running a phase again is always fine. */
export async function ensure<T extends ApiObject>(
  client: Pick<ApiClient, 'resource'>,
  type: ResourceType<T>,
  draft: Draft<T>,
): Promise<void> {
  const resource = client.resource(type);
  try {
    await resource.create(draft, { fieldManager: 'kubeadm' });
    return;
  } catch (error) {
    // A Service whose address is taken by the one of its own name is invalid before it is known to exist.
    if (!isAlreadyExists(error) && !isInvalid(error)) throw error;
    const { name = '', namespace } = draft.metadata;
    for (let attempt = 1; ; attempt++) {
      const current = await resource.get({ name, ...(namespace ? { namespace } : {}) }).catch(() => {
        throw error;
      });
      const metadata = {
        ...current.metadata,
        ...draft.metadata,
        labels: { ...current.metadata.labels, ...draft.metadata.labels },
      };
      try {
        // A Service keeps what the server allocated for it: the rest of a spec is ours to say.
        await resource.update({ ...current, ...draft, metadata } as unknown as T, { fieldManager: 'kubeadm' });
        return;
      } catch (failure) {
        if (!isConflict(failure) || attempt === mostAttempts) throw failure;
      }
    }
  }
}
