import type {
  Device,
  DeviceClass,
  DeviceRequest,
  ExactDeviceRequest,
  ResourceClaim,
  ResourceSlice,
} from '@typernetes/api/resource/v1';

const identity = (name: string) => ({
  name,
  uid: `uid-${name}`,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
});

/** A class of devices that an expression selects; all of them without one. */
export function makeDeviceClass(name: string, expression?: string, rest: DeviceClass['spec'] = {}): DeviceClass {
  const selectors = expression === undefined ? {} : { selectors: [{ cel: { expression } }] };
  return { metadata: identity(name), spec: { ...selectors, ...rest } };
}

/** The whole pool `node` of the driver gpu.example.com on that node. */
export function makeSlice(node: string, devices: Device[], rest: Partial<ResourceSlice['spec']> = {}): ResourceSlice {
  const pool = { name: node, generation: 1, resourceSliceCount: 1 };
  return {
    metadata: identity(`${node}-slice-${rest.pool?.generation ?? 1}-${devices[0]?.name ?? ''}`),
    spec: { driver: 'gpu.example.com', pool, nodeName: node, devices, ...rest },
  };
}

/** A request for one device of the class `gpu`, unless said otherwise. */
export function request(name: string, exactly: Partial<ExactDeviceRequest> = {}): DeviceRequest {
  return { name, exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1, ...exactly } };
}

export function makeDeviceClaim(
  name: string,
  requests: DeviceRequest[],
  rest: Omit<NonNullable<ResourceClaim['spec']['devices']>, 'requests'> = {},
): ResourceClaim {
  return {
    metadata: { ...identity(name), namespace: 'default' },
    spec: { devices: { requests, ...rest } },
  };
}
