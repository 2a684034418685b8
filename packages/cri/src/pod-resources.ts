import type { Method } from './grpc-channel.ts';
import { codecsOf } from './message-codec.ts';
import type { FactPackage } from './message-table.ts';

/**
 * The messages of upstream's podresources v1 with their field numbers, through which monitoring agents ask a node about
 * devices and CPUs in use.
 */
const facts: FactPackage = {
  enums: {},
  messages: {
    ListPodResourcesRequest: { fields: {} },
    ListPodResourcesResponse: { fields: { pod_resources: { n: 1, t: 'PodResources', l: 'rep' } } },
    AllocatableResourcesRequest: { fields: {} },
    AllocatableResourcesResponse: {
      fields: {
        devices: { n: 1, t: 'ContainerDevices', l: 'rep' },
        cpu_ids: { n: 2, t: 'int64', l: 'rep' },
        memory: { n: 3, t: 'ContainerMemory', l: 'rep' },
      },
    },
    GetPodResourcesRequest: { fields: { pod_name: { n: 1, t: 'string' }, pod_namespace: { n: 2, t: 'string' } } },
    GetPodResourcesResponse: { fields: { pod_resources: { n: 1, t: 'PodResources' } } },
    PodResources: {
      fields: {
        name: { n: 1, t: 'string' },
        namespace: { n: 2, t: 'string' },
        containers: { n: 3, t: 'ContainerResources', l: 'rep' },
      },
    },
    ContainerResources: {
      fields: {
        name: { n: 1, t: 'string' },
        devices: { n: 2, t: 'ContainerDevices', l: 'rep' },
        cpu_ids: { n: 3, t: 'int64', l: 'rep' },
        memory: { n: 4, t: 'ContainerMemory', l: 'rep' },
        dynamic_resources: { n: 5, t: 'DynamicResource', l: 'rep' },
      },
    },
    DynamicResource: {
      fields: {
        claim_name: { n: 2, t: 'string' },
        claim_namespace: { n: 3, t: 'string' },
        claim_resources: { n: 4, t: 'ClaimResource', l: 'rep' },
      },
    },
    ClaimResource: {
      fields: {
        cdi_devices: { n: 1, t: 'CDIDevice', l: 'rep' },
        driver_name: { n: 2, t: 'string' },
        pool_name: { n: 3, t: 'string' },
        device_name: { n: 4, t: 'string' },
        share_id: { n: 5, t: 'string', l: 'opt' },
      },
    },
    CDIDevice: { fields: { name: { n: 1, t: 'string' } } },
    ContainerMemory: {
      fields: {
        memory_type: { n: 1, t: 'string' },
        size: { n: 2, t: 'uint64' },
        topology: { n: 3, t: 'TopologyInfo' },
      },
    },
    ContainerDevices: {
      fields: {
        resource_name: { n: 1, t: 'string' },
        device_ids: { n: 2, t: 'string', l: 'rep' },
        topology: { n: 3, t: 'TopologyInfo' },
      },
    },
    TopologyInfo: { fields: { nodes: { n: 1, t: 'NUMANode', l: 'rep' } } },
    NUMANode: { fields: { ID: { n: 1, t: 'int64' } } },
  },
};

/** The codecs of `v1.<Message>`. */
export const podResourcesCodecs = codecsOf({ v1: facts });

const method = (name: string, stem: string): Method => ({
  path: `/v1.PodResourcesLister/${name}`,
  request: `v1.${stem}Request`,
  response: `v1.${stem}Response`,
});

export const podResourcesMethods = {
  list: method('List', 'ListPodResources'),
  allocatable: method('GetAllocatableResources', 'AllocatableResources'),
  get: method('Get', 'GetPodResources'),
} as const;
