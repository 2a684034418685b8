import type { Pod, PodCondition } from '@typernetes/api/core/v1';
import { type Clock, timestamp } from '@typernetes/base';
import type { Writer } from '@typernetes/client';
import { ifFound } from '@typernetes/machinery';

/** Why a pod is deleted that could go on, in upstream's words. */
interface Disruption {
  readonly reason: string;
  readonly message: string;
}

/** The condition that says why a pod is deleted. */
export function disruptionTarget({ metadata }: Pod, { reason, message }: Disruption, now: number): PodCondition {
  const { generation } = metadata;
  return {
    type: 'DisruptionTarget',
    status: 'True',
    reason,
    message,
    lastTransitionTime: timestamp(now),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
}

/** Deletes a pod, whose status says why beforehand; one that is gone already needs nothing. */
export async function evictPod(
  pod: Pod,
  disruption: Disruption,
  { client, clock, signal }: { client: Pick<Writer<Pod>, 'patch' | 'delete'>; clock: Clock; signal: AbortSignal },
): Promise<void> {
  const { name, namespace, uid } = pod.metadata;
  const conditions = [disruptionTarget(pod, disruption, clock.now())];
  const patch = { metadata: { uid }, status: { conditions } };
  await ifFound(client.patch({ name, namespace }, patch, { type: 'strategic', subresource: 'status', signal }));
  await ifFound(client.delete({ name, namespace }, { preconditions: { uid }, signal }));
}
