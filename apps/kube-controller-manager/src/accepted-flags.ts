import { type AcceptedFlags, commonAcceptedFlags, portAcceptedFlags } from '@typernetes/process';

const cloud = 'there are no cloud providers';
const recycler = 'volumes are not recycled';
const changes = 'what has changed is seen at once';
const election = 'there is no other manager to take controllers over from';

/** Flags of upstream's manager that are accepted and have no effect here, each with the reason. */
export const accepted: AcceptedFlags = {
  ...commonAcceptedFlags,
  ...portAcceptedFlags,
  'allow-untagged-cloud': ['boolean', cloud],
  'attach-detach-reconcile-sync-period': [
    'duration',
    'attached volumes are compared with the nodes when one of them changes',
  ],
  'cidr-allocator-type': ['string', 'nodes get their ranges from --cluster-cidr'],
  'cloud-config': ['string', cloud],
  'cloud-provider': ['string', cloud],
  'concurrent-service-syncs': ['number', cloud],
  'concurrent-validating-admission-policy-status-syncs': ['number', 'policies are judged by the API server'],
  'configure-cloud-routes': ['boolean', cloud],
  'controller-shutdown-timeout': ['duration', 'controllers end when they are told to'],
  'controller-start-interval': ['duration', 'controllers start together'],
  'disable-attach-detach-reconcile-sync': [
    'boolean',
    'attached volumes are compared with the nodes when one of them changes',
  ],
  'enable-hostpath-provisioner': ['boolean', 'hostPath volumes are not provisioned'],
  'enable-leader-migration': ['boolean', election],
  'endpoint-updates-batch-period': ['duration', changes],
  'endpointslice-updates-batch-period': ['duration', changes],
  'external-cloud-volume-plugin': ['string', cloud],
  'flex-volume-plugin-dir': ['string', 'there are no Flexvolumes'],
  'horizontal-pod-autoscaler-use-rest-clients': ['boolean', 'metrics come from the metrics APIs'],
  'kube-api-burst': ['number', 'requests are not limited here, the API server does that'],
  'kube-api-qps': ['number', 'requests are not limited here, the API server does that'],
  'leader-migration-config': ['string', election],
  'min-resync-period': ['duration', changes],
  'mirroring-endpointslice-updates-batch-period': ['duration', changes],
  'namespace-sync-period': ['duration', changes],
  'pv-recycler-increment-timeout-nfs': ['number', recycler],
  'pv-recycler-minimum-timeout-hostpath': ['number', recycler],
  'pv-recycler-minimum-timeout-nfs': ['number', recycler],
  'pv-recycler-pod-template-filepath-hostpath': ['string', recycler],
  'pv-recycler-pod-template-filepath-nfs': ['string', recycler],
  'pv-recycler-timeout-increment-hostpath': ['number', recycler],
  'pvclaimbinder-sync-period': ['duration', changes],
  'route-reconciliation-period': ['duration', cloud],
};
