import { compareQuantities, jsonEqual, parseQuantity, type Quantity, quantityOf } from '@typernetes/machinery';
import type { PersistentVolumeClaim, ScopedResourceSelectorRequirement, Service } from '../core/v1.gen.ts';
import type { DeviceSubRequest, ExactDeviceRequest, ResourceClaim } from '../resource/v1.gen.ts';
import { addUsage, objectCountName, one, type QuotaEvaluator, type Usage } from './evaluator.ts';
import { nameInScope } from './pods.ts';

const writes = (operation: string): boolean => operation === 'CREATE' || operation === 'UPDATE';

export const serviceEvaluator: QuotaEvaluator = {
  resource: 'services',
  // An update may change the type of a service.
  handles: ({ operation, subresource }) => writes(operation) && subresource === '',
  measures: (name) =>
    [objectCountName('services'), 'services', 'services.nodeports', 'services.loadbalancers'].includes(name),
  inScope: () => false,
  usage: (object) => {
    const { spec } = object as Service;
    const balanced = spec?.type === 'LoadBalancer';
    const ports = spec?.ports ?? [];
    // Node ports are allocated later, so the requested ones count.
    const asked =
      balanced && spec?.allocateLoadBalancerNodePorts === false ? ports.filter((port) => port.nodePort) : ports;
    return {
      [objectCountName('services')]: one,
      services: one,
      'services.nodeports': quantityOf(balanced || spec?.type === 'NodePort' ? asked.length : 0),
      'services.loadbalancers': quantityOf(balanced ? 1 : 0),
    };
  },
};

const claimNames = ['persistentvolumeclaims', 'requests.storage'] as const;
const classInfix = '.storageclass.storage.k8s.io/';
const betaClassAnnotation = 'volume.beta.kubernetes.io/storage-class';

export const persistentVolumeClaimEvaluator: QuotaEvaluator = {
  resource: 'persistentvolumeclaims',
  handles: ({ operation, subresource, object, oldObject }) => {
    if (subresource === '') return writes(operation);
    if (subresource !== 'status' || !object || !oldObject) return false;
    const [next, old] = [object, oldObject] as [PersistentVolumeClaim, PersistentVolumeClaim];
    return (
      !jsonEqual(next.status?.allocatedResources ?? {}, old.status?.allocatedResources ?? {}) ||
      !jsonEqual(attributesClasses(next), attributesClasses(old))
    );
  },
  measures: (name) =>
    name === objectCountName('persistentvolumeclaims') ||
    claimNames.some((known) => name === known || name.endsWith(`${classInfix}${known}`)),
  inScope: (scope, object) => claimInScope(scope, object as PersistentVolumeClaim),
  usage: (object) => {
    const claim = object as PersistentVolumeClaim;
    const storageClass = claim.metadata.annotations?.[betaClassAnnotation] ?? claim.spec?.storageClassName ?? '';
    const usage: Record<string, Quantity> = {
      persistentvolumeclaims: one,
      [objectCountName('persistentvolumeclaims')]: one,
    };
    if (storageClass) usage[`${storageClass}${classInfix}persistentvolumeclaims`] = one;
    const size = claimSize(claim);
    if (size) {
      usage['requests.storage'] = size;
      if (storageClass) usage[`${storageClass}${classInfix}requests.storage`] = size;
    }
    return usage;
  },
};

/** The larger of requested and allocated size, in whole bytes. */
function claimSize({ spec, status }: PersistentVolumeClaim): Quantity | undefined {
  const asked = spec?.resources?.requests?.storage;
  if (asked === undefined) return undefined;
  const allocated = status?.allocatedResources?.storage;
  const size = parseQuantity(asked);
  const larger =
    allocated !== undefined && compareQuantities(parseQuantity(allocated), size) > 0 ? parseQuantity(allocated) : size;
  const nano = 1_000_000_000n;
  const whole = ((larger.nanos + nano - 1n) / nano) * nano;
  return { nanos: whole, format: larger.format };
}

function attributesClasses({ spec, status }: PersistentVolumeClaim): string[] {
  const names = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  return [...new Set(names.filter((name): name is string => Boolean(name)))].sort();
}

function claimInScope(scope: ScopedResourceSelectorRequirement, claim: PersistentVolumeClaim): boolean {
  if (scope.scopeName !== 'VolumeAttributesClass') return false;
  const classes = attributesClasses(claim);
  return classes.length === 0 ? nameInScope(scope, undefined) : classes.some((name) => nameInScope(scope, name));
}

const deviceSuffix = '.deviceclass.resource.k8s.io/devices';
/** The most devices that a request for all devices can get. */
const allDevices = 32;

export const resourceClaimEvaluator: QuotaEvaluator = {
  resource: 'resourceclaims.resource.k8s.io',
  handles: ({ operation, subresource }) => operation === 'CREATE' && subresource === '',
  measures: (name) => name === objectCountName('resourceclaims.resource.k8s.io') || name.endsWith(deviceSuffix),
  inScope: () => false,
  usage: (object) => {
    let usage: Usage = { [objectCountName('resourceclaims.resource.k8s.io')]: one };
    for (const { exactly, firstAvailable } of (object as ResourceClaim).spec.devices?.requests ?? []) {
      if (exactly) usage = addUsage(usage, devicesOf(exactly));
      // One of the alternatives will be used: for each class the largest number counts.
      const most: Record<string, Quantity> = {};
      for (const [name, count] of (firstAvailable ?? []).flatMap((request) => Object.entries(devicesOf(request)))) {
        const before = most[name];
        if (!before || compareQuantities(before, count) < 0) most[name] = count;
      }
      usage = addUsage(usage, most);
    }
    return usage;
  },
};

function devicesOf({ deviceClassName, allocationMode, count }: ExactDeviceRequest | DeviceSubRequest): Usage {
  return { [`${deviceClassName}${deviceSuffix}`]: quantityOf(allocationMode === 'All' ? allDevices : (count ?? 1)) };
}
