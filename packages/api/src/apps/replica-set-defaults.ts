import { defaultPodTemplateSpec } from '../core/pod-defaults.ts';
import type { ReplicaSet, ReplicaSetSpec } from './v1.gen.ts';

export function defaultReplicaSet(replicaSet: ReplicaSet): void {
  replicaSet.spec ??= {} as ReplicaSetSpec;
  const spec = replicaSet.spec;
  spec.replicas ??= 1;
  spec.template ??= {};
  defaultPodTemplateSpec(spec.template);
}
