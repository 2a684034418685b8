import type { Clock } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import type { ApiObject } from '@typernetes/machinery';
import type { Description } from './description.ts';

export interface DescribeDeps {
  readonly client: ApiClient;
  readonly clock: Clock;
}

/** Writes the description of an object; one file per kind. The caller adds events. */
export type Describer<T extends ApiObject = ApiObject> = (
  object: T,
  text: Description,
  deps: DescribeDeps,
) => Promise<void>;

type Load = () => Promise<Describer>;
const load = <T extends ApiObject>(describer: Promise<Describer<T>>): Promise<Describer> =>
  describer as Promise<unknown> as Promise<Describer>;

const role: Load = () => load(import('./role.ts').then((m) => m.describeRole));
const roleBinding: Load = () => load(import('./role-binding.ts').then((m) => m.describeRoleBinding));

/** Kinds with a describer of their own, by `Kind.group`; each loaded when needed. */
export const describers: Readonly<Record<string, Load>> = {
  'CSINode.storage.k8s.io': () => load(import('./csi-node.ts').then((m) => m.describeCsiNode)),
  'CertificateSigningRequest.certificates.k8s.io': () =>
    load(import('./certificate-signing-request.ts').then((m) => m.describeCertificateSigningRequest)),
  'ClusterRole.rbac.authorization.k8s.io': role,
  'ClusterRoleBinding.rbac.authorization.k8s.io': roleBinding,
  ConfigMap: () => load(import('./config-map.ts').then((m) => m.describeConfigMap)),
  'CronJob.batch': () => load(import('./cron-job.ts').then((m) => m.describeCronJob)),
  'DaemonSet.apps': () => load(import('./daemon-set.ts').then((m) => m.describeDaemonSet)),
  'Deployment.apps': () => load(import('./deployment.ts').then((m) => m.describeDeployment)),
  'EndpointSlice.discovery.k8s.io': () => load(import('./endpoint-slice.ts').then((m) => m.describeEndpointSlice)),
  Endpoints: () => load(import('./endpoints.ts').then((m) => m.describeEndpoints)),
  'HorizontalPodAutoscaler.autoscaling': () =>
    load(import('./horizontal-pod-autoscaler.ts').then((m) => m.describeHorizontalPodAutoscaler)),
  'IPAddress.networking.k8s.io': () => load(import('./ip-address.ts').then((m) => m.describeIpAddress)),
  'Ingress.networking.k8s.io': () => load(import('./ingress.ts').then((m) => m.describeIngress)),
  'IngressClass.networking.k8s.io': () => load(import('./ingress-class.ts').then((m) => m.describeIngressClass)),
  'Job.batch': () => load(import('./job.ts').then((m) => m.describeJob)),
  LimitRange: () => load(import('./limit-range.ts').then((m) => m.describeLimitRange)),
  Namespace: () => load(import('./namespace.ts').then((m) => m.describeNamespace)),
  'NetworkPolicy.networking.k8s.io': () => load(import('./network-policy.ts').then((m) => m.describeNetworkPolicy)),
  Node: () => load(import('./node.ts').then((m) => m.describeNode)),
  PersistentVolume: () => load(import('./persistent-volume.ts').then((m) => m.describePersistentVolume)),
  PersistentVolumeClaim: () =>
    load(import('./persistent-volume-claim.ts').then((m) => m.describePersistentVolumeClaim)),
  Pod: () => load(import('./pod.ts').then((m) => m.describePod)),
  'PodDisruptionBudget.policy': () =>
    load(import('./pod-disruption-budget.ts').then((m) => m.describePodDisruptionBudget)),
  'PriorityClass.scheduling.k8s.io': () => load(import('./priority-class.ts').then((m) => m.describePriorityClass)),
  'ReplicaSet.apps': () => load(import('./replica-set.ts').then((m) => m.describeReplicaSet)),
  ReplicationController: () => load(import('./replication-controller.ts').then((m) => m.describeReplicationController)),
  ResourceQuota: () => load(import('./resource-quota.ts').then((m) => m.describeResourceQuota)),
  'Role.rbac.authorization.k8s.io': role,
  'RoleBinding.rbac.authorization.k8s.io': roleBinding,
  Secret: () => load(import('./secret.ts').then((m) => m.describeSecret)),
  Service: () => load(import('./service.ts').then((m) => m.describeService)),
  ServiceAccount: () => load(import('./service-account.ts').then((m) => m.describeServiceAccount)),
  'ServiceCIDR.networking.k8s.io': () => load(import('./service-cidr.ts').then((m) => m.describeServiceCidr)),
  'StatefulSet.apps': () => load(import('./stateful-set.ts').then((m) => m.describeStatefulSet)),
  'StorageClass.storage.k8s.io': () => load(import('./storage-class.ts').then((m) => m.describeStorageClass)),
  'VolumeAttributesClass.storage.k8s.io': () =>
    load(import('./volume-attributes-class.ts').then((m) => m.describeVolumeAttributesClass)),
};

/** Kinds whose description never ends in events. */
export const withoutEvents: ReadonlySet<string> = new Set([
  'Secret',
  'Namespace',
  'LimitRange',
  'ResourceQuota',
  'NetworkPolicy.networking.k8s.io',
  'Role.rbac.authorization.k8s.io',
  'RoleBinding.rbac.authorization.k8s.io',
  'ClusterRole.rbac.authorization.k8s.io',
  'ClusterRoleBinding.rbac.authorization.k8s.io',
]);

/** `Deployment.apps`, `Pod`. */
export function describerKey({ group, kind }: { group: string; kind: string }): string {
  return group === '' ? kind : `${kind}.${group}`;
}
