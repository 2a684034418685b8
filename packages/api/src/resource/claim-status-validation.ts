import {
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  jsonEqual,
  requiredValue,
  tooLong,
  tooMany,
  unsupportedValue,
} from '@typernetes/machinery';
import { interfaceAddressProblems } from '../core/address-validation.ts';
import { nodeSelectorTermsProblems } from '../core/placement-validation.ts';
import { conditionsProblems } from '../meta/conditions-validation.ts';
import { immutableDetail, type Problems } from '../meta/field-checks.ts';
import {
  bindingProblems,
  deviceTolerationProblems,
  driverProblems,
  jsonProblems,
  opaqueProblems,
  poolNameProblems,
  requestNameProblems,
  requestNames,
  requestReferenceProblems,
  requestReferencesProblems,
  setProblems,
  uuidProblems,
} from './device-rules.ts';
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimConsumerReference,
  ResourceClaimStatus,
} from './v1.gen.ts';

const maxReservations = 256;
const maxResults = 32;
/** Configurations of classes and of the claim together. */
const maxConfigurations = 2 * 32;
const maxConditions = 8;
const maxAddresses = 16;
const maxInterfaceName = 256;
const maxHardwareAddress = 128;

/**
 * Rules for the status, which the scheduler and drivers write. An allocation is immutable until the claim is released.
 * Upstream: ValidateResourceClaimStatusUpdate.
 */
export function validateResourceClaimStatus(next: ResourceClaim, current: ResourceClaim): FieldProblem[] {
  return [...statusProblems(next, current)];
}

function* statusProblems(
  { status = {}, metadata, spec }: ResourceClaim,
  { status: old = {} }: ResourceClaim,
): Problems {
  const at = 'status.reservedFor';
  yield* setProblems(status.reservedFor, { at, max: maxReservations, keyOf: ({ uid }) => uid, each: consumerProblems });
  yield* setProblems(status.devices, {
    at: 'status.devices',
    keyOf: identityOf,
    each: (device, path) => deviceStatusProblems(device, path, status.allocation),
  });
  const reserved = status.reservedFor ?? [];
  if (reserved.length > 0 && !status.allocation) {
    yield forbiddenValue(at, 'may not be specified when `allocated` is not set');
  } else if (metadata.deletionTimestamp) {
    const known = new Set((old.reservedFor ?? []).map(({ uid }) => uid));
    if (reserved.some(({ uid }) => !known.has(uid))) {
      const detail = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set';
      yield forbiddenValue(at, detail);
    }
  }
  yield* allocationProblems(status, old, requestNames(spec?.devices?.requests ?? []));
}

function* consumerProblems({ resource, name, uid }: ResourceClaimConsumerReference, at: string): Problems {
  if (!resource) yield requiredValue(`${at}.resource`);
  if (!name) yield requiredValue(`${at}.name`);
  if (!uid) yield requiredValue(`${at}.uid`);
}

type Identity = Pick<AllocatedDeviceStatus, 'driver' | 'pool' | 'device' | 'shareID'>;

const identityOf = ({ driver, pool, device, shareID }: Identity): string =>
  [driver, pool, device, ...(shareID ? [shareID] : [])].join('/');

function* deviceStatusProblems(
  status: AllocatedDeviceStatus,
  at: string,
  allocation: AllocationResult | undefined,
): Problems {
  yield* driverProblems(status.driver, `${at}.driver`);
  yield* poolNameProblems(status.pool, `${at}.pool`);
  yield* requestNameProblems(status.device, `${at}.device`);
  if (status.shareID !== undefined) yield* uuidProblems(status.shareID, `${at}.shareID`);
  const identity = identityOf(status);
  if (!allocation?.devices?.results?.some((result) => identityOf(result) === identity)) {
    yield invalidValue(at, identity, 'must be an allocated device in the claim');
  }
  const { data, networkData } = status;
  const conditions = status.conditions ?? [];
  if (conditions.length > maxConditions) yield tooMany(`${at}.conditions`, conditions.length, maxConditions);
  yield* conditionsProblems(conditions, `${at}.conditions`);
  if (data !== undefined) yield* jsonProblems(data, `${at}.data`);
  if (networkData) yield* networkProblems(networkData, `${at}.networkData`);
}

function* networkProblems(data: NetworkDeviceData, at: string): Problems {
  const { interfaceName = '', hardwareAddress = '', ips } = data;
  if (interfaceName.length > maxInterfaceName) yield tooLong(`${at}.interfaceName`, maxInterfaceName);
  if (hardwareAddress.length > maxHardwareAddress) yield tooLong(`${at}.hardwareAddress`, maxHardwareAddress);
  yield* setProblems(ips, {
    at: `${at}.ips`,
    max: maxAddresses,
    keyOf: (address) => address,
    each: interfaceAddressProblems,
  });
}

function* allocationProblems(
  { allocation }: ResourceClaimStatus,
  old: ResourceClaimStatus,
  names: ReadonlySet<string>,
): Problems {
  if (!allocation) return;
  // A stored allocation is not checked again: the rules for new ones are stricter than they used to be.
  if (old.allocation) {
    if (!jsonEqual(old.allocation, allocation)) yield invalidValue('status.allocation', allocation, immutableDetail);
    return;
  }
  const path = 'status.allocation';
  yield* setProblems(allocation.devices?.results, {
    at: `${path}.devices.results`,
    max: maxResults,
    each: (result, at) => resultProblems(result, at, names),
  });
  yield* setProblems(allocation.devices?.config, {
    at: `${path}.devices.config`,
    max: maxConfigurations,
    each: (config, at) => configurationProblems(config, at, names),
  });
  if (allocation.nodeSelector) {
    const terms = allocation.nodeSelector.nodeSelectorTerms;
    yield* nodeSelectorTermsProblems(terms, `${path}.nodeSelector.nodeSelectorTerms`);
  }
}

function* resultProblems(result: DeviceRequestAllocationResult, at: string, names: ReadonlySet<string>): Problems {
  yield* requestReferenceProblems(result.request, `${at}.request`, names);
  yield* driverProblems(result.driver, `${at}.driver`);
  yield* poolNameProblems(result.pool, `${at}.pool`);
  yield* requestNameProblems(result.device, `${at}.device`);
  yield* bindingProblems(result, at);
  yield* deviceTolerationProblems(result.tolerations, `${at}.tolerations`);
  if (result.shareID !== undefined) yield* uuidProblems(result.shareID, `${at}.shareID`);
}

const sources = ['FromClaim', 'FromClass'];

function* configurationProblems(
  { source, requests, opaque }: DeviceAllocationConfiguration,
  at: string,
  names: ReadonlySet<string>,
): Problems {
  if (!source) yield requiredValue(`${at}.source`);
  else if (!sources.includes(source)) yield unsupportedValue(`${at}.source`, source, sources);
  yield* requestReferencesProblems(requests, { at: `${at}.requests`, names });
  yield* opaqueProblems(opaque, `${at}.opaque`);
}
