/** Fields that are there only while a gate is open. */
export interface GatedFields {
  readonly gate: string;
  /** Another gate that they need. */
  readonly also?: string;
  /** Dotted; `[]` stands for each item of a list, `{}` for each value of a map. */
  readonly paths: readonly string[];
  /** The values that are gated; default: all. */
  readonly counts?: (value: unknown) => boolean;
  /** Whether to remove the holder too, if it becomes empty. */
  readonly takesHolder?: boolean;
}

const containerLists = ['containers', 'initContainers', 'ephemeralContainers'] as const;
const inContainers = (path: string): string[] => containerLists.map((list) => `${list}[].${path}`);

/** For pods and pod templates, after upstream's `pkg/api/pod/util.go`, without gates that can no longer be disabled. */
const ofPodSpecs: readonly GatedFields[] = [
  { gate: 'ClusterTrustBundleProjection', paths: ['volumes[].projected.sources[].clusterTrustBundle'] },
  {
    gate: 'ContainerRestartRules',
    paths: [...inContainers('restartPolicyRules'), 'containers[].restartPolicy', 'ephemeralContainers[].restartPolicy'],
  },
  // `Always` makes it a sidecar, which needs no gate.
  { gate: 'ContainerRestartRules', paths: ['initContainers[].restartPolicy'], counts: (value) => value !== 'Always' },
  { gate: 'ContainerStopSignals', paths: inContainers('lifecycle.stopSignal'), takesHolder: true },
  { gate: 'EnvFiles', paths: inContainers('env[].valueFrom.fileKeyRef') },
  { gate: 'GenericWorkload', paths: ['schedulingGroup'] },
  { gate: 'HostnameOverride', paths: ['hostnameOverride'] },
  { gate: 'PodCertificateRequest', paths: ['volumes[].projected.sources[].podCertificate'] },
  { gate: 'PodLevelResources', paths: ['resources'] },
];

const podSpecs = (at: string): GatedFields[] =>
  ofPodSpecs.map((fields) => ({ ...fields, paths: fields.paths.map((path) => `${at}.${path}`) }));

const ofTemplates = podSpecs('spec.template.spec');

/** For claim specs, after upstream's `pkg/registry/resource/resourceclaimspec`; the first beta has no `exactly`. */
const ofClaimSpecs = (at: string): GatedFields[] => {
  const inRequests = (field: string): string[] =>
    ['exactly.', 'firstAvailable[].', ''].map((kind) => `${at}.devices.requests[].${kind}${field}`);
  return [
    { gate: 'DRAPrioritizedList', paths: [`${at}.devices.requests[].firstAvailable`] },
    { gate: 'DRADeviceTaints', paths: inRequests('tolerations') },
    {
      gate: 'DRAConsumableCapacity',
      paths: [...inRequests('capacity'), `${at}.devices.constraints[].distinctAttribute`],
    },
  ];
};

const results = 'status.allocation.devices.results[]';

/** Needs both gates: conditions are part of the device status. */
const bindingConditions = { gate: 'DRADeviceBindingConditions', also: 'DRAResourceClaimDeviceStatus' } as const;

/** Fields of devices; in the first beta under `basic`. */
const inDevices = (...fields: string[]): string[] =>
  fields.flatMap((field) => [`spec.devices[].${field}`, `spec.devices[].basic.${field}`]);

const listAttributes = ['ints', 'bools', 'strings', 'versions'].map((kind) => `attributes{}.${kind}`);

const terminatingReplicas: GatedFields = {
  gate: 'DeploymentReplicaSetTerminatingReplicas',
  paths: ['status.terminatingReplicas'],
};

/** For pod groups and their templates in workloads. */
const ofPodGroups = (at: string): GatedFields[] => [
  { gate: 'TopologyAwareWorkloadScheduling', paths: [`${at}.schedulingConstraints`] },
  { gate: 'DRAWorkloadResourceClaims', paths: [`${at}.resourceClaims`] },
  {
    gate: 'WorkloadAwarePreemption',
    paths: ['disruptionMode', 'priorityClassName', 'priority'].map((field) => `${at}.${field}`),
  },
];

/** By group and plural. */
export const gatedFields: Readonly<Record<string, readonly GatedFields[]>> = {
  '/pods': [
    ...podSpecs('spec'),
    { gate: 'DRAExtendedResource', paths: ['status.extendedResourceClaimStatus'] },
    {
      gate: 'InPlacePodLevelResourcesVerticalScaling',
      paths: ['status.resources', 'status.allocatedResources'],
    },
    { gate: 'DRANodeAllocatableResources', paths: ['status.nodeAllocatableResourceClaimStatuses'] },
    {
      gate: 'ResourceHealthStatus',
      paths: ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'].map(
        (list) => `status.${list}[].allocatedResourcesStatus`,
      ),
    },
  ],
  '/podtemplates': podSpecs('template.spec'),
  '/replicationcontrollers': ofTemplates,
  '/persistentvolumeclaims': [
    {
      gate: 'CrossNamespaceVolumeDataSource',
      paths: ['spec.dataSourceRef'],
      counts: (value) => (value as { namespace?: string }).namespace !== undefined,
    },
  ],
  'apps/daemonsets': ofTemplates,
  'apps/deployments': [...ofTemplates, terminatingReplicas],
  'apps/replicasets': [...ofTemplates, terminatingReplicas],
  'apps/statefulsets': [
    ...ofTemplates,
    { gate: 'MaxUnavailableStatefulSet', paths: ['spec.updateStrategy.rollingUpdate.maxUnavailable'] },
  ],
  'autoscaling/horizontalpodautoscalers': [
    {
      gate: 'HPAConfigurableTolerance',
      paths: ['spec.behavior.scaleUp.tolerance', 'spec.behavior.scaleDown.tolerance'],
    },
  ],
  'batch/cronjobs': podSpecs('spec.jobTemplate.spec.template.spec'),
  'batch/jobs': ofTemplates,
  'resource.k8s.io/deviceclasses': [{ gate: 'DRAExtendedResource', paths: ['spec.extendedResourceName'] }],
  'resource.k8s.io/resourceclaims': [
    ...ofClaimSpecs('spec'),
    { gate: 'DRAResourceClaimDeviceStatus', paths: ['status.devices'] },
    { gate: 'DRADeviceTaints', paths: [`${results}.tolerations`] },
    {
      gate: 'DRAConsumableCapacity',
      paths: [`${results}.shareID`, `${results}.consumedCapacity`, 'status.devices[].shareID'],
    },
    {
      ...bindingConditions,
      paths: [
        'status.allocation.allocationTimestamp',
        `${results}.bindingConditions`,
        `${results}.bindingFailureConditions`,
      ],
    },
  ],
  'resource.k8s.io/resourceclaimtemplates': ofClaimSpecs('spec.spec'),
  'resource.k8s.io/resourceslices': [
    {
      gate: 'DRAPartitionableDevices',
      paths: [
        'spec.perDeviceNodeSelection',
        'spec.sharedCounters',
        ...inDevices('consumesCounters', 'nodeName', 'nodeSelector', 'allNodes'),
      ],
    },
    { gate: 'DRADeviceTaints', paths: inDevices('taints') },
    { ...bindingConditions, paths: inDevices('bindsToNode', 'bindingConditions', 'bindingFailureConditions') },
    {
      gate: 'DRAConsumableCapacity',
      paths: inDevices('allowMultipleAllocations', 'capacity{}.requestPolicy'),
    },
    { gate: 'DRAListTypeAttributes', paths: inDevices(...listAttributes) },
    { gate: 'DRANodeAllocatableResources', paths: inDevices('nodeAllocatableResourceMappings') },
  ],
  'scheduling.k8s.io/podgroups': [
    ...ofPodGroups('spec'),
    { gate: 'DRAWorkloadResourceClaims', paths: ['status.resourceClaimStatuses'] },
  ],
  'scheduling.k8s.io/workloads': ofPodGroups('spec.podGroupTemplates[]'),
  'storage.k8s.io/csidrivers': [{ gate: 'VolumeLimitScaling', paths: ['spec.preventPodSchedulingIfMissing'] }],
};
