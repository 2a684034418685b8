import {
  type FieldProblem,
  invalidValue,
  jsonEqual,
  qualifiedNameProblems,
  requiredValue,
  subdomainProblems,
  unsupportedValue,
} from '@typernetes/machinery';
import { immutableDetail, type Problems, wellFormed } from '../meta/field-checks.ts';
import { annotationProblems, labelProblems } from '../meta/labels-validation.ts';
import {
  deviceNameProblems,
  deviceTolerationProblems,
  opaqueProblems,
  requestNameProblems,
  requestNames,
  requestReferencesProblems,
  selectorProblems,
  setProblems,
} from './device-rules.ts';
import type {
  DeviceClaim,
  DeviceClass,
  DeviceConstraint,
  DeviceRequest,
  ExactDeviceRequest,
  ResourceClaim,
  ResourceClaimTemplate,
} from './v1.gen.ts';

const maxItems = 32;
const maxAlternatives = 8;

export function validateResourceClaim({ spec }: ResourceClaim): FieldProblem[] {
  return [...claimProblems(spec.devices, 'spec.devices')];
}

export function validateResourceClaimUpdate(next: ResourceClaim, current: ResourceClaim): FieldProblem[] {
  if (!jsonEqual(next.spec, current.spec)) return [invalidValue('spec', next.spec, immutableDetail)];
  // The rest is immutable, and what was valid once stays valid.
  return [];
}

export function validateResourceClaimTemplate({ spec }: ResourceClaimTemplate): FieldProblem[] {
  const { labels, annotations } = spec.metadata ?? {};
  return [
    ...labelProblems(labels, 'spec.metadata.labels'),
    ...annotationProblems(annotations, 'spec.metadata.annotations'),
    ...claimProblems(spec.spec.devices, 'spec.spec.devices'),
  ];
}

export function validateResourceClaimTemplateUpdate(
  next: ResourceClaimTemplate,
  current: ResourceClaimTemplate,
): FieldProblem[] {
  if (!jsonEqual(next.spec, current.spec)) return [invalidValue('spec', next.spec, immutableDetail)];
  return [];
}

export function validateDeviceClass({ spec }: DeviceClass): FieldProblem[] {
  return [...classProblems(spec)];
}

function* classProblems({ selectors, config, extendedResourceName }: DeviceClass['spec']): Problems {
  yield* selectorProblems(selectors, 'spec.selectors');
  yield* setProblems(config, {
    at: 'spec.config',
    max: maxItems,
    each: ({ opaque }, at) => opaqueProblems(opaque, `${at}.opaque`),
  });
  if (extendedResourceName != null && !isExtendedResource(extendedResourceName)) {
    yield invalidValue('spec.extendedResourceName', extendedResourceName, 'must be a valid extended resource name');
  }
}

/** A resource with a domain other than Kubernetes' own, whose quota name is valid too. */
const isExtendedResource = (name: string): boolean =>
  name.includes('/') &&
  !name.includes('kubernetes.io/') &&
  !name.startsWith('requests.') &&
  qualifiedNameProblems(`requests.${name}`).length === 0;

function* claimProblems(devices: DeviceClaim | undefined, path: string): Problems {
  const { constraints = [], config = [] } = devices ?? {};
  const requests = devices?.requests ?? [];
  const names = requestNames(requests);
  yield* setProblems(requests, {
    at: `${path}.requests`,
    max: maxItems,
    keyOf: ({ name }) => name,
    each: requestProblems,
  });
  yield* setProblems(constraints, {
    at: `${path}.constraints`,
    max: maxItems,
    each: (constraint, at) => constraintProblems(constraint, at, names),
  });
  yield* setProblems(config, {
    at: `${path}.config`,
    max: maxItems,
    *each({ requests: of, opaque }, at) {
      yield* requestReferencesProblems(of, { at: `${at}.requests`, names });
      yield* opaqueProblems(opaque, `${at}.opaque`);
    },
  });
}

function* constraintProblems(constraint: DeviceConstraint, at: string, names: ReadonlySet<string>): Problems {
  const { requests, matchAttribute, distinctAttribute } = constraint;
  yield* requestReferencesProblems(requests, { at: `${at}.requests`, names });
  if (matchAttribute !== undefined) {
    yield* deviceNameProblems(matchAttribute, { at: `${at}.matchAttribute`, fully: true });
  } else if (distinctAttribute !== undefined) {
    yield* deviceNameProblems(distinctAttribute, { at: `${at}.distinctAttribute`, fully: true });
  } else {
    // Upstream's message, although neither of them is set.
    const detail = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';
    yield requiredValue(at, detail);
  }
}

function* requestProblems(request: DeviceRequest, path: string): Problems {
  const { name, exactly, firstAvailable = [] } = request;
  yield* requestNameProblems(name, `${path}.name`);
  const exactlyOne = 'exactly one of `exactly` or `firstAvailable` is required';
  if (exactly && firstAvailable.length > 0) {
    yield invalidValue(path, null, `${exactlyOne}, but multiple fields are set`);
  } else if (!exactly && firstAvailable.length === 0) yield requiredValue(path, exactlyOne);
  else if (exactly) yield* wishProblems(exactly, `${path}.exactly`);
  else {
    yield* setProblems(firstAvailable, {
      at: `${path}.firstAvailable`,
      max: maxAlternatives,
      keyOf: (alternative) => alternative.name,
      *each(alternative, at) {
        yield* requestNameProblems(alternative.name, `${at}.name`);
        yield* wishProblems(alternative, at);
      },
    });
  }
}

type Wish = Pick<ExactDeviceRequest, 'deviceClassName' | 'selectors' | 'allocationMode' | 'count' | 'tolerations'>;

function* wishProblems(wish: Wish, path: string): Problems {
  yield* wellFormed(wish.deviceClassName, { at: `${path}.deviceClassName`, by: subdomainProblems, required: true });
  yield* selectorProblems(wish.selectors, `${path}.selectors`);
  const { allocationMode, count = 0 } = wish;
  if (allocationMode === 'All') {
    if (count !== 0) {
      yield invalidValue(`${path}.count`, count, "must not be specified when allocationMode is 'All'");
    }
  } else if (allocationMode === 'ExactCount') {
    if (count <= 0) yield invalidValue(`${path}.count`, count, 'must be greater than zero');
  } else yield unsupportedValue(`${path}.allocationMode`, allocationMode ?? '', ['All', 'ExactCount']);
  yield* deviceTolerationProblems(wish.tolerations, `${path}.tolerations`);
}
