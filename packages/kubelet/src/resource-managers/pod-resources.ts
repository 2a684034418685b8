import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container, Pod } from '@typernetes/api/core/v1';
import type { Runnable } from '@typernetes/base';
import { podResourcesCodecs, podResourcesMethods, RuntimeError, serveGrpc } from '@typernetes/cri';
import type { ClaimState } from '../dra/claim-state.ts';
import { aborted } from '../lifecycle/aborted.ts';
import type { KnownDevice } from './device-choice.ts';
import type { DevicePlugins } from './device-plugins.ts';
import type { MachineTopology } from './machine-topology.ts';
import type { ResourcesAsked } from './manager-metrics.ts';
import type { ResourceManagers } from './resource-managers.ts';

export interface PodResourcesDeps {
  /** `<root>/pod-resources`. */
  readonly directory: string;
  /** All pods that are here and have not ended. */
  readonly pods: () => readonly Pod[];
  readonly managers: ResourceManagers;
  readonly plugins: Pick<DevicePlugins, 'all' | 'get'>;
  readonly topology: MachineTopology;
  /** Prepared claims; none without an API server. */
  readonly claimsOf: (pod: Pod, container: Container) => readonly ClaimState[];
  readonly onAsked?: ResourcesAsked | undefined;
}

/**
 * Tells monitors on this node, on `kubelet.sock`, which pod has which devices, CPUs and memory (upstream: podresources
 * v1).
 */
export function podResourcesServer(deps: PodResourcesDeps): Runnable {
  const { pods } = deps;
  return {
    name: 'pod-resources',
    run: async (signal) => {
      await mkdir(deps.directory, { recursive: true, mode: 0o750 });
      const counted =
        <A>(call: Parameters<ResourcesAsked>[0], answer: (asked: A) => object) =>
        async (asked: A): Promise<object> => {
          let failed = true;
          try {
            const answered = answer(asked);
            failed = false;
            return answered;
          } finally {
            deps.onAsked?.(call, failed);
          }
        };
      const one = ({ podName, podNamespace }: { podName: string; podNamespace: string }): object => {
        const pod = pods().find(({ metadata: { name, namespace } }) => name === podName && namespace === podNamespace);
        if (!pod) throw new RuntimeError('Unknown', `pod ${podName} in namespace ${podNamespace} not found`);
        return { podResources: resourcesOf(pod, deps) };
      };
      const list = (): object => ({ podResources: pods().map((pod) => resourcesOf(pod, deps)) });
      const handlers = [
        { method: podResourcesMethods.list, answer: counted('list', list) },
        { method: podResourcesMethods.allocatable, answer: counted('get_allocatable', () => allocatable(deps)) },
        { method: podResourcesMethods.get, answer: counted('get', one) },
      ];
      const server = await serveGrpc(join(deps.directory, 'kubelet.sock'), handlers, podResourcesCodecs);
      await aborted(signal);
      await server.close();
    },
  };
}

function resourcesOf(pod: Pod, deps: PodResourcesDeps): object {
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return {
    name: pod.metadata.name,
    namespace: pod.metadata.namespace ?? 'default',
    containers: [...sidecars, ...(pod.spec?.containers ?? [])].map((container) => containerOf(pod, container, deps)),
  };
}

function containerOf(pod: Pod, container: Container, { managers, plugins, claimsOf }: PodResourcesDeps): object {
  const { devices, cpus, memory } = managers;
  const { uid } = pod.metadata;
  const { name } = container;
  return {
    name,
    devices: devices.entriesOf(uid, name).map(({ ResourceName, DeviceIDs }) => {
      const ids = Object.values(DeviceIDs).flat();
      const known = (plugins.get(ResourceName)?.devices ?? []).filter(({ id }) => ids.includes(id));
      return { resourceName: ResourceName, deviceIds: ids, ...topologyOf(known) };
    }),
    cpuIds: [...(cpus?.assigned(uid, name) ?? [])].sort((a, b) => a - b).map(String),
    memory: (memory?.assigned(uid, name) ?? []).map(({ type, size, numaAffinity }) => ({
      memoryType: type,
      size: String(size),
      topology: nodes(numaAffinity),
    })),
    dynamicResources: claimsOf(pod, container).map(({ ClaimName, Namespace, DriverState }) => ({
      claimName: ClaimName,
      claimNamespace: Namespace,
      claimResources: Object.entries(DriverState).flatMap(([driverName, { Devices }]) =>
        (Devices ?? []).map(({ PoolName, DeviceName, ShareID, CDIDeviceIDs }) => ({
          cdiDevices: (CDIDeviceIDs ?? []).map((id) => ({ name: id })),
          driverName,
          poolName: PoolName,
          deviceName: DeviceName,
          ...(ShareID ? { shareId: ShareID } : {}),
        })),
      ),
    })),
  };
}

function allocatable({ managers, plugins, topology }: PodResourcesDeps): object {
  const { cpus, memory } = managers;
  const ids = cpus ? [...cpus.allocatable] : topology.cpus.map(({ id }) => id);
  return {
    devices: plugins.all.flatMap(({ resource, devices }) =>
      devices
        .filter(({ healthy }) => healthy)
        .map((device) => ({ resourceName: resource, deviceIds: [device.id], ...topologyOf([device]) })),
    ),
    cpuIds: ids.sort((a, b) => a - b).map(String),
    memory: [...(memory?.allocatable ?? [])].flatMap(([memoryType, byNode]) =>
      [...byNode].map(([node, size]) => ({ memoryType, size: String(size), topology: nodes([node]) })),
    ),
  };
}

function topologyOf(devices: readonly KnownDevice[]): { topology?: object } {
  const near = [...new Set(devices.flatMap((device) => device.nodes))];
  return near.length > 0 ? { topology: nodes(near) } : {};
}

const nodes = (ids: readonly number[]): object => ({ nodes: ids.map((id) => ({ ID: String(id) })) });
