import { formatDuration, leaderElectionOf, type ParsedArguments } from '@typernetes/process';
import type { flags as specs } from './flags.ts';

/** Upstream's kind for the manager's configuration. */
const kind = {
  kind: 'KubeControllerManagerConfiguration',
  apiVersion: 'kubecontrollermanager.config.k8s.io/v1alpha1',
} as const;

/**
 * The answer of `/configz`: the flags in the form of upstream's configuration (`KubeControllerManagerConfiguration`,
 * with field names in Go's spelling, as upstream has no other). Flags without an effect here show the value given, or
 * upstream's default.
 */
export function shownConfiguration({ flags, given }: Pick<ParsedArguments<typeof specs>, 'flags' | 'given'>): object {
  const duration = (ms: number): string => formatDuration(ms);
  /** The value of a flag that is only accepted. */
  const other = <T>(name: string, usual: T): T =>
    given.has(name) ? ((flags as Readonly<Record<string, unknown>>)[name] as T) : usual;
  const otherMs = (name: string, usual: number): string => duration(other(name, usual));
  const signer = (name: 'kubelet-serving' | 'kubelet-client' | 'kube-apiserver-client' | 'legacy-unknown') => ({
    CertFile: flags[`cluster-signing-${name}-cert-file`],
    KeyFile: flags[`cluster-signing-${name}-key-file`],
  });
  const [serviceRange = '', secondRange = ''] = flags['service-cluster-ip-range'].split(',');
  return {
    ...kind,
    Generic: {
      Port: flags['secure-port'],
      Address: flags['bind-address'],
      MinResyncPeriod: otherMs('min-resync-period', 12 * hourMs),
      ClientConnection: {
        kubeconfig: flags.kubeconfig,
        acceptContentTypes: '',
        contentType: other('kube-api-content-type', 'application/vnd.kubernetes.protobuf'),
        qps: other('kube-api-qps', 20),
        burst: other('kube-api-burst', 30),
      },
      ControllerStartInterval: otherMs('controller-start-interval', 0),
      LeaderElection: leaderElectionOf(flags),
      Controllers: flags.controllers,
      Debugging: {
        enableProfiling: flags.profiling,
        enableContentionProfiling: other('contention-profiling', false),
      },
      LeaderMigrationEnabled: other('enable-leader-migration', false),
      LeaderMigration: { leaderName: '', resourceLock: '', controllerLeaders: null },
    },
    KubeCloudShared: {
      CloudProvider: { Name: other('cloud-provider', ''), CloudConfigFile: other('cloud-config', '') },
      ExternalCloudVolumePlugin: other('external-cloud-volume-plugin', ''),
      UseServiceAccountCredentials: flags['use-service-account-credentials'],
      AllowUntaggedCloud: other('allow-untagged-cloud', false),
      RouteReconciliationPeriod: otherMs('route-reconciliation-period', 10_000),
      NodeMonitorPeriod: duration(flags['node-monitor-period']),
      ClusterName: flags['cluster-name'],
      ClusterCIDR: flags['cluster-cidr'],
      AllocateNodeCIDRs: flags['allocate-node-cidrs'],
      CIDRAllocatorType: other('cidr-allocator-type', 'RangeAllocator'),
      ConfigureCloudRoutes: other('configure-cloud-routes', true),
      NodeSyncPeriod: '0s',
    },
    AttachDetachController: {
      DisableAttachDetachReconcilerSync: other('disable-attach-detach-reconcile-sync', false),
      ReconcilerSyncLoopPeriod: otherMs('attach-detach-reconcile-sync-period', 60_000),
      disableForceDetachOnTimeout: flags['disable-force-detach-on-timeout'],
    },
    CSRSigningController: {
      ClusterSigningCertFile: flags['cluster-signing-cert-file'],
      ClusterSigningKeyFile: flags['cluster-signing-key-file'],
      KubeletServingSignerConfiguration: signer('kubelet-serving'),
      KubeletClientSignerConfiguration: signer('kubelet-client'),
      KubeAPIServerClientSignerConfiguration: signer('kube-apiserver-client'),
      LegacyUnknownSignerConfiguration: signer('legacy-unknown'),
      ClusterSigningDuration: duration(flags['cluster-signing-duration']),
    },
    DaemonSetController: { ConcurrentDaemonSetSyncs: flags['concurrent-daemonset-syncs'] },
    DeploymentController: { ConcurrentDeploymentSyncs: flags['concurrent-deployment-syncs'] },
    StatefulSetController: { ConcurrentStatefulSetSyncs: flags['concurrent-statefulset-syncs'] },
    DeprecatedController: {},
    EndpointController: {
      ConcurrentEndpointSyncs: flags['concurrent-endpoint-syncs'],
      EndpointUpdatesBatchPeriod: otherMs('endpoint-updates-batch-period', 0),
    },
    EndpointSliceController: {
      ConcurrentServiceEndpointSyncs: flags['concurrent-service-endpoint-syncs'],
      MaxEndpointsPerSlice: flags['max-endpoints-per-slice'],
      EndpointUpdatesBatchPeriod: otherMs('endpointslice-updates-batch-period', 0),
    },
    EndpointSliceMirroringController: {
      MirroringConcurrentServiceEndpointSyncs: flags['mirroring-concurrent-service-endpoint-syncs'],
      MirroringMaxEndpointsPerSubset: flags['mirroring-max-endpoints-per-subset'],
      MirroringEndpointUpdatesBatchPeriod: otherMs('mirroring-endpointslice-updates-batch-period', 0),
    },
    EphemeralVolumeController: { ConcurrentEphemeralVolumeSyncs: flags['concurrent-ephemeralvolume-syncs'] },
    GarbageCollectorController: {
      EnableGarbageCollector: flags['enable-garbage-collector'],
      ConcurrentGCSyncs: flags['concurrent-gc-syncs'],
      GCIgnoredResources: [
        { Group: '', Resource: 'events' },
        { Group: 'events.k8s.io', Resource: 'events' },
      ],
    },
    HPAController: {
      ConcurrentHorizontalPodAutoscalerSyncs: flags['concurrent-horizontal-pod-autoscaler-syncs'],
      HorizontalPodAutoscalerSyncPeriod: duration(flags['horizontal-pod-autoscaler-sync-period']),
      HorizontalPodAutoscalerDownscaleStabilizationWindow: duration(
        flags['horizontal-pod-autoscaler-downscale-stabilization'],
      ),
      HorizontalPodAutoscalerTolerance: flags['horizontal-pod-autoscaler-tolerance'],
      HorizontalPodAutoscalerCPUInitializationPeriod: duration(
        flags['horizontal-pod-autoscaler-cpu-initialization-period'],
      ),
      HorizontalPodAutoscalerInitialReadinessDelay: duration(
        flags['horizontal-pod-autoscaler-initial-readiness-delay'],
      ),
    },
    JobController: { ConcurrentJobSyncs: flags['concurrent-job-syncs'] },
    CronJobController: { ConcurrentCronJobSyncs: flags['concurrent-cron-job-syncs'] },
    LegacySATokenCleaner: { CleanUpPeriod: duration(flags['legacy-service-account-token-clean-up-period']) },
    NamespaceController: {
      NamespaceSyncPeriod: otherMs('namespace-sync-period', 300_000),
      ConcurrentNamespaceSyncs: flags['concurrent-namespace-syncs'],
    },
    NodeIPAMController: {
      ServiceCIDR: serviceRange,
      SecondaryServiceCIDR: secondRange,
      NodeCIDRMaskSize: flags['node-cidr-mask-size'],
      NodeCIDRMaskSizeIPv4: flags['node-cidr-mask-size-ipv4'],
      NodeCIDRMaskSizeIPv6: flags['node-cidr-mask-size-ipv6'],
    },
    NodeLifecycleController: {
      NodeEvictionRate: flags['node-eviction-rate'],
      SecondaryNodeEvictionRate: flags['secondary-node-eviction-rate'],
      NodeStartupGracePeriod: duration(flags['node-startup-grace-period']),
      NodeMonitorGracePeriod: duration(flags['node-monitor-grace-period']),
      PodEvictionTimeout: '0s',
      LargeClusterSizeThreshold: flags['large-cluster-size-threshold'],
      UnhealthyZoneThreshold: flags['unhealthy-zone-threshold'],
    },
    PersistentVolumeBinderController: {
      PVClaimBinderSyncPeriod: otherMs('pvclaimbinder-sync-period', 15_000),
      VolumeConfiguration: {
        EnableHostPathProvisioning: other('enable-hostpath-provisioner', false),
        EnableDynamicProvisioning: flags['enable-dynamic-provisioning'],
        PersistentVolumeRecyclerConfiguration: {
          MaximumRetry: 3,
          MinimumTimeoutNFS: other('pv-recycler-minimum-timeout-nfs', 300),
          PodTemplateFilePathNFS: other('pv-recycler-pod-template-filepath-nfs', ''),
          IncrementTimeoutNFS: other('pv-recycler-increment-timeout-nfs', 30),
          PodTemplateFilePathHostPath: other('pv-recycler-pod-template-filepath-hostpath', ''),
          MinimumTimeoutHostPath: other('pv-recycler-minimum-timeout-hostpath', 60),
          IncrementTimeoutHostPath: other('pv-recycler-timeout-increment-hostpath', 30),
        },
        FlexVolumePluginDir: other('flex-volume-plugin-dir', '/usr/libexec/kubernetes/kubelet-plugins/volume/exec/'),
      },
    },
    PodGCController: { TerminatedPodGCThreshold: flags['terminated-pod-gc-threshold'] },
    ReplicaSetController: { ConcurrentRSSyncs: flags['concurrent-replicaset-syncs'] },
    ReplicationController: { ConcurrentRCSyncs: flags['concurrent-rc-syncs'] },
    ResourceQuotaController: {
      ResourceQuotaSyncPeriod: duration(flags['resource-quota-sync-period']),
      ConcurrentResourceQuotaSyncs: flags['concurrent-resource-quota-syncs'],
    },
    SAController: {
      ServiceAccountKeyFile: flags['service-account-private-key-file'],
      ConcurrentSATokenSyncs: flags['concurrent-serviceaccount-token-syncs'],
      RootCAFile: flags['root-ca-file'],
    },
    ServiceController: { ConcurrentServiceSyncs: other('concurrent-service-syncs', 1) },
    TTLAfterFinishedController: { ConcurrentTTLSyncs: flags['concurrent-ttl-after-finished-syncs'] },
    ValidatingAdmissionPolicyStatusController: {
      ConcurrentPolicySyncs: other('concurrent-validating-admission-policy-status-syncs', 5),
    },
    DeviceTaintEvictionController: { ConcurrentSyncs: flags['concurrent-device-taint-eviction-syncs'] },
    ResourceClaimController: { ConcurrentSyncs: flags['concurrent-resource-claim-syncs'] },
  };
}

const hourMs = 3_600_000;
