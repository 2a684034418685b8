import type { ResourceClaim, ResourceClaimTemplate, ResourceSlice } from '@typernetes/api/resource/v1';
import type {
  ResourceClaimTemplate as ResourceClaimTemplateV1beta1,
  ResourceClaim as ResourceClaimV1beta1,
  ResourceSlice as ResourceSliceV1beta1,
} from '@typernetes/api/resource/v1beta1';

type Request = NonNullable<ResourceClaim['spec']['devices']>['requests'];
type RequestV1beta1 = NonNullable<ResourceClaimV1beta1['spec']['devices']>['requests'];

/** In the first beta a request for one class has its fields beside its name; later they are under `exactly`. */
function toRequests(requests: RequestV1beta1): Request {
  return requests?.map(({ name, firstAvailable, ...exactly }) => ({
    name,
    ...(exactly.deviceClassName ? { exactly: { ...exactly, deviceClassName: exactly.deviceClassName } } : {}),
    ...(firstAvailable ? { firstAvailable } : {}),
  }));
}

function fromRequests(requests: Request): RequestV1beta1 {
  return requests?.map(({ exactly, ...rest }) => ({ ...exactly, ...rest }));
}

export const claims = {
  toStored: (claim: ResourceClaimV1beta1): ResourceClaim => ({ ...claim, spec: toSpec(claim.spec) }),
  fromStored: (claim: ResourceClaim): ResourceClaimV1beta1 => ({ ...claim, spec: fromSpec(claim.spec) }),
};

export const claimTemplates = {
  toStored: (template: ResourceClaimTemplateV1beta1): ResourceClaimTemplate => ({
    ...template,
    spec: { ...template.spec, spec: toSpec(template.spec.spec) },
  }),
  fromStored: (template: ResourceClaimTemplate): ResourceClaimTemplateV1beta1 => ({
    ...template,
    spec: { ...template.spec, spec: fromSpec(template.spec.spec) },
  }),
};

function toSpec(spec: ResourceClaimV1beta1['spec']): ResourceClaim['spec'] {
  const { requests, ...devices } = spec?.devices ?? {};
  return {
    ...spec,
    devices: { ...devices, ...(requests ? { requests: toRequests(requests) } : {}) },
  } as ResourceClaim['spec'];
}

function fromSpec(spec: ResourceClaim['spec']): ResourceClaimV1beta1['spec'] {
  const { requests, ...devices } = spec?.devices ?? {};
  return {
    ...spec,
    devices: { ...devices, ...(requests ? { requests: fromRequests(requests) } : {}) },
  } as ResourceClaimV1beta1['spec'];
}

/** In the first beta all attributes of a device are under `basic`. */
export const slices = {
  toStored: (slice: ResourceSliceV1beta1): ResourceSlice => ({
    ...slice,
    spec: {
      ...slice.spec,
      ...(slice.spec.devices ? { devices: slice.spec.devices.map(({ name, basic }) => ({ name, ...basic })) } : {}),
    } as ResourceSlice['spec'],
  }),
  fromStored: (slice: ResourceSlice): ResourceSliceV1beta1 => ({
    ...slice,
    spec: {
      ...slice.spec,
      ...(slice.spec.devices ? { devices: slice.spec.devices.map(({ name, ...basic }) => ({ name, basic })) } : {}),
    } as ResourceSliceV1beta1['spec'],
  }),
};
