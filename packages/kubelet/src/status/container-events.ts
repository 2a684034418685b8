import type { Pod } from '@typernetes/api/core/v1';
import type { EventRecorder, EventTarget } from '@typernetes/client';
import { fieldPathOf, type PodContainer } from '../pod/containers.ts';
import { annotations, isStatic } from '../pod/identity.ts';

/** Events about a container, or about the pod when no container is given. */
export interface ContainerEvents {
  normal(pod: Pod, container: PodContainer | undefined, reason: string, message: string): void;
  warning(pod: Pod, container: PodContainer | undefined, reason: string, message: string): void;
}

export function containerEvents(recorder: EventRecorder): ContainerEvents {
  const record =
    (type: 'Normal' | 'Warning') =>
    (pod: Pod, container: PodContainer | undefined, reason: string, message: string): void =>
      recorder.event(targetOf(pod, container), type, reason, message);
  return { normal: record('Normal'), warning: record('Warning') };
}

/** Events about static pods carry the mirror's identity, its hash, so that they are found from the API's side. */
function targetOf(pod: Pod, container: PodContainer | undefined): EventTarget {
  const { name, namespace, uid, resourceVersion } = pod.metadata;
  const target = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: isStatic(pod) ? (pod.metadata.annotations?.[annotations.hash] ?? uid) : uid,
      ...(resourceVersion ? { resourceVersion } : {}),
    },
  };
  return container ? { ...target, fieldPath: fieldPathOf(container) } : target;
}
