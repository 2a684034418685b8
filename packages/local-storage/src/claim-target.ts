import type { PersistentVolumeClaim } from '@typernetes/api/core/v1';
import type { EventTarget } from '@typernetes/client';

/** The target of events about a claim. */
export function targetOf({ metadata }: PersistentVolumeClaim): EventTarget {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, ...(namespace ? { namespace } : {}), uid, ...(resourceVersion ? { resourceVersion } : {}) },
  };
}
