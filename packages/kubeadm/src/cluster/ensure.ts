import type { ApiClient } from '@typernetes/client';
import {
  type ApiObject,
  type Draft,
  isAlreadyExists,
  isConflict,
  isInvalid,
  type ResourceType,
} from '@typernetes/machinery';

/** The number of attempts after conflicts. Conflicts come from other writers, and from our own write if its response was lost. */
const mostAttempts = 10;

/** Creates the object if it does not exist. An existing one is kept, because users edit it. */
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

/** Creates the object or updates the existing one to this state, so that a phase can be run again. */
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
    // If the Service exists, its address is taken: the create then fails as Invalid instead of AlreadyExists.
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
        // Fields that the server allocated for a Service are kept; the rest of the spec is replaced.
        await resource.update({ ...current, ...draft, metadata } as unknown as T, { fieldManager: 'kubeadm' });
        return;
      } catch (failure) {
        if (!isConflict(failure) || attempt === mostAttempts) throw failure;
      }
    }
  }
}
