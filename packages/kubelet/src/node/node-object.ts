import type { Node, NodeAddress, NodeCondition, Taint } from '@typernetes/api/core/v1';
import { kubernetesVersion, timestamp, version } from '@typernetes/base';
import type { Image, RuntimeStatus } from '@typernetes/cri';
import { jsonEqual } from '@typernetes/machinery';
import type { CompleteConfiguration } from '../config/defaults.ts';
import type { Pressure } from '../eviction/signals.ts';
import type { Machine } from './machine.ts';
import { allocatableOf, capacityOf } from './resources.ts';

/** Everything that a node reports about itself. */
export interface NodeSight {
  readonly name: string;
  readonly ips: readonly string[];
  readonly cloud?: ExternalCloud;
  readonly machine: Machine;
  readonly config: CompleteConfiguration;
  readonly runtimeVersion: string;
  readonly images: readonly Image[];
  /** Why the node cannot run pods; undefined when it can. */
  readonly problem: string | undefined;
  /** The resources that are running short. */
  readonly pressures: readonly Pressure[];
  /** Attachable volumes that pods here use, as `kubernetes.io/csi/<driver>^<handle>`. */
  readonly volumesInUse: readonly string[];
  /** The devices, in addition to the machine's resources. */
  readonly devices?: {
    readonly capacity: Readonly<Record<string, string>>;
    readonly allocatable: Readonly<Record<string, string>>;
  };
  /** The runtime's features. */
  readonly runtime?: Pick<RuntimeStatus, 'handlers' | 'supplementalGroupsPolicy'>;
  readonly now: number;
}

/** A cloud's own controller fills in what it knows of the node, its addresses above all. */
interface ExternalCloud {
  /** The addresses that were given to the kubelet; without any, the node has none before the cloud tells. */
  readonly givenIps: readonly string[];
}

export interface Registration {
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** Default: yes. */
  readonly schedulable?: boolean;
  readonly cloud?: ExternalCloud;
}

const notSchedulable: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
/** Taken away by the cloud's controller once it has seen the node. */
const uninitialized: Taint = {
  key: 'node.cloudprovider.kubernetes.io/uninitialized',
  value: 'true',
  effect: 'NoSchedule',
};

/** The node as it registers itself. */
export function newNode(
  sight: NodeSight,
  { labels, taints, schedulable = true, cloud }: Registration,
): Pick<Node, 'apiVersion' | 'kind' | 'spec'> & {
  metadata: Pick<Node['metadata'], 'name' | 'labels' | 'annotations'>;
} {
  const isToldSo = taints.some(({ key, effect }) => key === notSchedulable.key && effect === notSchedulable.effect);
  const all = [...taints, ...(schedulable || isToldSo ? [] : [notSchedulable]), ...(cloud ? [uninitialized] : [])];
  const given = cloud?.givenIps ?? [];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: sight.name,
      labels: ownLabels(sight, labels),
      annotations: {
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
        ...(given.length > 0 ? { 'alpha.kubernetes.io/provided-node-ip': given.join(',') } : {}),
      },
    },
    spec: {
      ...(schedulable ? {} : { unschedulable: true }),
      ...(all.length > 0 ? { taints: all } : {}),
      ...(sight.config.providerID ? { providerID: sight.config.providerID } : {}),
    },
  };
}

function ownLabels(sight: NodeSight, extra: Readonly<Record<string, string>>): Record<string, string> {
  const arch = sight.machine.architecture;
  return {
    'beta.kubernetes.io/arch': arch,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': arch,
    'kubernetes.io/hostname': sight.name,
    'kubernetes.io/os': 'linux',
    ...extra,
  };
}

/** Labels of ours that an existing node lacks or has with another value. */
export function labelChanges(
  node: Node,
  sight: NodeSight,
  extra: Readonly<Record<string, string>>,
): Record<string, string> {
  const wanted = Object.entries(ownLabels(sight, extra));
  return Object.fromEntries(wanted.filter(([key, value]) => node.metadata.labels?.[key] !== value));
}

/** The node's new status; conditions that did not change keep the transition times of `current`. */
export function nodeStatus(sight: NodeSight, current: Node['status']): NonNullable<Node['status']> {
  const { machine, config, now } = sight;
  const capacity = capacityOf(machine, config);
  const advertised = advertisedResources(current);
  return {
    capacity: { ...advertised, ...capacity, ...sight.devices?.capacity },
    allocatable: { ...advertised, ...allocatableOf(capacity, config), ...sight.devices?.allocatable },
    conditions: conditionsOf(sight).map((condition): NodeCondition => {
      const before = current?.conditions?.find(({ type }) => type === condition.type);
      const since = before?.status === condition.status ? before.lastTransitionTime : undefined;
      return { ...condition, lastHeartbeatTime: timestamp(now), lastTransitionTime: since ?? timestamp(now) };
    }),
    addresses: addressesOf(sight, current),
    daemonEndpoints: { kubeletEndpoint: { Port: config.port } },
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: sight.runtimeVersion,
      kubeletVersion: version,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: machine.architecture,
      ...(machine.swapBytes > 0 ? { swap: { capacity: machine.swapBytes } } : {}),
    },
    images: imagesOf(sight.images, config.nodeStatusMaxImages),
    ...runtimeFeatures(sight),
    declaredFeatures: [...declaredFeatures],
    ...(sight.volumesInUse.length > 0 ? { volumesInUse: [...sight.volumesInUse].sort() } : {}),
  };
}

/** Those that a cloud's controller has set are left to it (upstream: NodeAddress). */
function addressesOf({ ips, name, cloud }: NodeSight, current: Node['status']): NodeAddress[] {
  const { addresses = [] } = current ?? {};
  if (cloud && (addresses.length > 0 || cloud.givenIps.length === 0)) return addresses;
  return [
    ...ips.map((address) => ({ type: 'InternalIP' as const, address })),
    { type: 'Hostname' as const, address: name },
  ];
}

function runtimeFeatures({ runtime }: NodeSight): Pick<NonNullable<Node['status']>, 'runtimeHandlers' | 'features'> {
  const { handlers = [], supplementalGroupsPolicy } = runtime ?? {};
  return {
    ...(handlers.length > 0
      ? { runtimeHandlers: handlers.map(({ name, features }) => ({ name, ...(features ? { features } : {}) })) }
      : {}),
    ...(supplementalGroupsPolicy === undefined ? {} : { features: { supplementalGroupsPolicy } }),
  };
}

/** Features that pods may rely on here and that an older kubelet would lack; the scheduler checks them. Sorted. */
const declaredFeatures = [
  'InPlacePodLevelResourcesVerticalScaling',
  'InPlacePodVerticalScalingInitContainers',
  'RestartAllContainersOnContainerExits',
] as const;

/** Extended resources that were advertised on the node by hand: all of the capacity is allocatable. */
function advertisedResources(status: Node['status']): Record<string, string> {
  const extended = ([name]: [string, string]): boolean => name.includes('/') && !/(^|\.)kubernetes\.io\//.test(name);
  return Object.fromEntries(Object.entries(status?.capacity ?? {}).filter(extended));
}

/** Extended resources that pods could have had, and that are no longer there. */
export function withdrawnResources(status: Node['status'], next: Node['status']): Record<string, null> {
  const gone = Object.keys(status?.allocatable ?? {}).filter((name) => next?.allocatable?.[name] === undefined);
  return Object.fromEntries(gone.map((name) => [name, null]));
}

const pressureTexts = {
  MemoryPressure: {
    under: ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
    fine: ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  },
  DiskPressure: {
    under: ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
    fine: ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  },
  PIDPressure: {
    under: ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
    fine: ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  },
} as const;

type Condition = Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>;

function conditionsOf({ problem, pressures }: NodeSight): readonly Condition[] {
  const pressure = (type: Pressure): Condition => {
    const under = pressures.includes(type);
    const [reason, message] = pressureTexts[type][under ? 'under' : 'fine'];
    return { type, status: under ? 'True' : 'False', reason, message };
  };
  return [
    pressure('MemoryPressure'),
    pressure('DiskPressure'),
    pressure('PIDPressure'),
    problem === undefined
      ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
      : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: problem },
  ];
}

/** The largest images, each with at most five names. */
function imagesOf(images: readonly Image[], most: number): { names: string[]; sizeBytes: number }[] {
  const listed = images
    .map((image) => ({ names: [...image.repoDigests, ...image.repoTags].slice(0, 5), sizeBytes: Number(image.size) }))
    .filter(({ names }) => names.length > 0)
    .sort((a, b) => b.sizeBytes - a.sizeBytes);
  return most < 0 ? listed : listed.slice(0, most);
}

/** Whether two statuses are equal apart from heartbeats. */
export function sameStatus(a: Node['status'], b: Node['status']): boolean {
  const without = (status: Node['status']): unknown => ({
    ...status,
    // Written by the attach-detach controller.
    volumesAttached: undefined,
    conditions: (status?.conditions ?? []).map(({ lastHeartbeatTime: _, ...condition }) => condition),
  });
  return jsonEqual(without(a), without(b));
}

/** `kubelet/v1.36` and the like, for user agents. */
export const userAgent = `kubelet/${kubernetesVersion}`;
