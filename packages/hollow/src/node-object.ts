import type { Node } from '@typernetes/api/core/v1';
import { kubernetesVersion } from '@typernetes/base';
import type { Draft } from '@typernetes/machinery';

/** What a node has for pods, as quantities: `{ cpu: '32', memory: '64Gi', pods: '110' }`. */
export type NodeAmounts = Readonly<Record<string, string>>;

export const defaultAmounts: NodeAmounts = { cpu: '32', memory: '256Gi', 'ephemeral-storage': '1Ti', pods: '110' };

interface NodeObjectOptions {
  readonly name: string;
  readonly address: string;
  readonly amounts: NodeAmounts;
  readonly labels: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly at: string;
}

const healthy: readonly (readonly [type: string, reason: string, message: string])[] = [
  ['MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'KubeletReady', 'kubelet is posting ready status'],
];

/** A node as a kubelet registers it, ready at once. */
export function nodeObject({ name, address, amounts, labels, at }: NodeObjectOptions): Draft<Node> {
  return {
    metadata: {
      name,
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...labels,
      },
    },
    spec: {},
    status: {
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      capacity: { ...amounts },
      allocatable: { ...amounts },
      conditions: healthy.map(([type, reason, message]) => ({
        type,
        status: type === 'Ready' ? 'True' : 'False',
        reason,
        message,
        lastHeartbeatTime: at,
        lastTransitionTime: at,
      })),
      declaredFeatures: ['RestartAllContainersOnContainerExits'],
      nodeInfo: {
        architecture: 'amd64',
        bootID: '',
        containerRuntimeVersion: 'hollow://1.0.0',
        kernelVersion: '',
        kubeProxyVersion: '',
        kubeletVersion: kubernetesVersion,
        machineID: name,
        operatingSystem: 'linux',
        osImage: 'hollow',
        systemUUID: name,
      },
    },
  };
}
