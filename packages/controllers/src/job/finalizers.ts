import type { Pod } from '@typernetes/api/core/v1';
import type { Writer } from '@typernetes/client';
import { isInvalid, isNotFound } from '@typernetes/machinery';
import { trackingFinalizer } from './pods.ts';

/**
 * Removes the finalizer of a pod that has been counted, or that nobody counts any more. Undefined when the pod is gone
 * already.
 */
export async function releasePod(pod: Pod, client: Pick<Writer<Pod>, 'patch'>): Promise<Pod | undefined> {
  const { name, namespace, uid } = pod.metadata;
  const change = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } };
  try {
    return await client.patch({ name, namespace }, change, { type: 'strategic' });
  } catch (error) {
    // It is gone, or another pod has its name.
    if (isNotFound(error) || isInvalid(error)) return undefined;
    throw error;
  }
}
