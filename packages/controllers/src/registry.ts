import { bootstrapSignerController } from './bootstrap-signer/register.ts';
import { certificateApprover } from './certificatesigningrequest-approving/register.ts';
import { certificateCleaner } from './certificatesigningrequest-cleaner/register.ts';
import { certificateSigner } from './certificatesigningrequest-signing/register.ts';
import { clusterRoleAggregation } from './clusterrole-aggregation/register.ts';
import type { ControllerDefinition } from './context/controller-context.ts';
import { cronJobController } from './cronjob/register.ts';
import { daemonSetController } from './daemonset/register.ts';
import { deploymentController } from './deployment/register.ts';
import { deviceTaintEvictionController } from './device-taint-eviction/register.ts';
import { disruptionController } from './disruption/register.ts';
import { endpointsController } from './endpoints/register.ts';
import { endpointSliceController } from './endpointslice/register.ts';
import { endpointSliceMirroringController } from './endpointslice-mirroring/register.ts';
import { ephemeralVolumeController } from './ephemeral-volume/register.ts';
import { garbageCollectorController } from './garbage-collector/register.ts';
import { horizontalPodAutoscalerController } from './horizontal-pod-autoscaler/register.ts';
import { jobController } from './job/register.ts';
import { legacyServiceAccountTokenCleaner } from './legacy-serviceaccount-token-cleaner/register.ts';
import { namespaceController } from './namespace/register.ts';
import { nodeIpamController } from './node-ipam/register.ts';
import { nodeLifecycleController } from './node-lifecycle/register.ts';
import { attachDetachController } from './persistentvolume-attach-detach/register.ts';
import { persistentVolumeBinder } from './persistentvolume-binder/register.ts';
import { persistentVolumeExpander } from './persistentvolume-expander/register.ts';
import { persistentVolumeProtection } from './persistentvolume-protection/register.ts';
import { persistentVolumeClaimProtection } from './persistentvolumeclaim-protection/register.ts';
import { podGarbageCollectorController } from './pod-garbage-collector/register.ts';
import { replicaSetController } from './replicaset/register.ts';
import { replicationController } from './replicationcontroller/register.ts';
import { resourceClaimController } from './resourceclaim/register.ts';
import { resourceQuotaController } from './resourcequota/register.ts';
import { rootCaCertificatePublisher } from './root-ca-certificate-publisher/register.ts';
import { serviceCidrController } from './service-cidr/register.ts';
import { serviceAccountController } from './serviceaccount/register.ts';
import { serviceAccountTokenController } from './serviceaccount-token/register.ts';
import { statefulSetController } from './statefulset/register.ts';
import { storageVersionMigrator } from './storage-version-migrator/register.ts';
import { taintEvictionController } from './taint-eviction/register.ts';
import { tokenCleanerController } from './token-cleaner/register.ts';
import { ttlController } from './ttl/register.ts';
import { ttlAfterFinishedController } from './ttl-after-finished/register.ts';
import { volumeAttributesClassProtection } from './volumeattributesclass-protection/register.ts';

/** All controllers. They start in this order; none waits for another. */
export const registry: readonly ControllerDefinition[] = [
  serviceAccountController,
  rootCaCertificatePublisher,
  deploymentController,
  replicaSetController,
  daemonSetController,
  statefulSetController,
  jobController,
  cronJobController,
  ttlAfterFinishedController,
  replicationController,
  disruptionController,
  horizontalPodAutoscalerController,
  resourceQuotaController,
  persistentVolumeBinder,
  attachDetachController,
  persistentVolumeExpander,
  persistentVolumeProtection,
  persistentVolumeClaimProtection,
  volumeAttributesClassProtection,
  ephemeralVolumeController,
  resourceClaimController,
  deviceTaintEvictionController,
  ttlController,
  endpointsController,
  endpointSliceController,
  endpointSliceMirroringController,
  serviceCidrController,
  namespaceController,
  certificateApprover,
  certificateSigner,
  certificateCleaner,
  bootstrapSignerController,
  tokenCleanerController,
  nodeIpamController,
  nodeLifecycleController,
  taintEvictionController,
  podGarbageCollectorController,
  serviceAccountTokenController,
  legacyServiceAccountTokenCleaner,
  clusterRoleAggregation,
  garbageCollectorController,
  storageVersionMigrator,
];

/** Names that older command lines use. */
const aliases: Readonly<Record<string, string>> = {
  bootstrapsigner: 'bootstrap-signer-controller',
  tokencleaner: 'token-cleaner-controller',
  'serviceaccount-token': 'serviceaccount-token-controller',
  garbagecollector: 'garbage-collector-controller',
  csrapproving: 'certificatesigningrequest-approving-controller',
  csrsigning: 'certificatesigningrequest-signing-controller',
  csrcleaner: 'certificatesigningrequest-cleaner-controller',
  nodeipam: 'node-ipam-controller',
  nodelifecycle: 'node-lifecycle-controller',
  podgc: 'pod-garbage-collector-controller',
  'root-ca-cert-publisher': 'root-ca-certificate-publisher-controller',
  endpoint: 'endpoints-controller',
  'resource-claim-controller': 'resourceclaim-controller',
  attachdetach: 'persistentvolume-attach-detach-controller',
  'pv-protection': 'persistentvolume-protection-controller',
  'pvc-protection': 'persistentvolumeclaim-protection-controller',
  horizontalpodautoscaling: 'horizontal-pod-autoscaler-controller',
  endpointslicemirroring: 'endpointslice-mirroring-controller',
  replicationcontroller: 'replicationcontroller-controller',
  'legacy-service-account-token-cleaner': 'legacy-serviceaccount-token-cleaner-controller',
};

/**
 * The controllers selected by `--controllers`: `*` stands for all that are not disabled by default, `name` adds one,
 * `-name` removes one; the first mention of a name counts.
 */
export function selectControllers(
  names: readonly string[],
  all: readonly ControllerDefinition[] = registry,
): readonly ControllerDefinition[] {
  const wanted = new Map<string, boolean>();
  for (const text of names) {
    const off = text.startsWith('-');
    const name = canonicalName(off ? text.slice(1) : text);
    if (!wanted.has(name)) wanted.set(name, !off);
  }
  const everything = wanted.get('*') === true;
  return all.filter(({ name, disabledByDefault }) => wanted.get(name) ?? (everything && !disabledByDefault));
}

/** Upstream's, which no controller here is: what they need is a cloud, or a gate that is off. */
const elsewhere = new Set([
  'service',
  'service-lb-controller',
  'route',
  'node-route-controller',
  'cloud-node-lifecycle',
  'cloud-node-lifecycle-controller',
  'kube-apiserver-serving-clustertrustbundle-publisher-controller',
  'podcertificaterequest-cleaner-controller',
  'podgroup-protection-controller',
  'resourcepoolstatusrequest-controller',
  'selinux-warning-controller',
  'storage-version-gc',
  'storageversion-garbage-collector-controller',
  'validatingadmissionpolicy-status-controller',
]);

/** The problems with `--controllers`, in upstream's words. */
export function controllerNameProblems(names: readonly string[]): string[] {
  const known = new Set(registry.map(({ name }) => name));
  return names.flatMap((text) => {
    const name = text.replace(/^-/, '');
    const isKnown = name === '*' || known.has(canonicalName(name)) || elsewhere.has(name);
    return isKnown ? [] : [`${JSON.stringify(name)} is not in the list of known controllers`];
  });
}

function canonicalName(name: string): string {
  if (name === '*') return name;
  const known = aliases[name] ?? name;
  return known.endsWith('-controller') ? known : `${known}-controller`;
}
