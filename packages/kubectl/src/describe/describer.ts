import type { Clock } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import type { ApiObject } from '@typernetes/machinery';
import type { Description } from './description.ts';

export interface DescribeDeps {
  readonly client: ApiClient;
  readonly clock: Clock;
}

/** Writes what people want to know about an object; one file per kind. Events are added by the caller. */
export type Describer<T extends ApiObject = ApiObject> = (
  object: T,
  text: Description,
  deps: DescribeDeps,
) => Promise<void>;

/** Kinds with a describer of their own, loaded when needed. */
export const describers: Readonly<Record<string, () => Promise<Describer>>> = {
  ConfigMap: async () => (await import('./config-map.ts')).describeConfigMap as Describer,
  DaemonSet: async () => (await import('./daemon-set.ts')).describeDaemonSet as Describer,
  Deployment: async () => (await import('./deployment.ts')).describeDeployment as Describer,
  Namespace: async () => (await import('./namespace.ts')).describeNamespace as Describer,
  Node: async () => (await import('./node.ts')).describeNode as Describer,
  Pod: async () => (await import('./pod.ts')).describePod as Describer,
  ReplicaSet: async () => (await import('./replica-set.ts')).describeReplicaSet as Describer,
  Secret: async () => (await import('./secret.ts')).describeSecret as Describer,
  Service: async () => (await import('./service.ts')).describeService as Describer,
};
