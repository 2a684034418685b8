import type { ReplicaSet } from '@typernetes/api/apps/v1';
import type { ReplicationController } from '@typernetes/api/core/v1';

export function asReplicaSet({ spec, ...rest }: ReplicationController): ReplicaSet {
  const { selector, ...kept } = spec;
  return { ...rest, spec: { ...kept, selector: { matchLabels: selector ?? {} } } } as ReplicaSet;
}

export function asReplicationController({ spec, ...rest }: ReplicaSet): ReplicationController {
  const { selector, ...kept } = spec;
  return { ...rest, spec: { ...kept, selector: selector.matchLabels ?? {} } } as ReplicationController;
}
