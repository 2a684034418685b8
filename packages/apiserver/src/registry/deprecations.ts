import { type ApiObject, apiVersionOf, type ResourceType } from '@typernetes/machinery';

/** The deprecation of a version: the releases that deprecate and remove it, and its replacement. */
interface Deprecation {
  readonly since: string;
  readonly removed?: string;
  readonly replacement?: string;
}

/** Upstream: the lifecycle of the API types. By `plural.version.group`, or `version.group` for all resources of a version. */
const deprecations: Readonly<Record<string, Deprecation>> = {
  'endpoints.v1': { since: '1.33', replacement: 'discovery.k8s.io/v1 EndpointSlice' },
  'componentstatuses.v1': { since: '1.19' },
  'v1alpha1.certificates.k8s.io': { since: '1.34', removed: '1.37' },
  'v1beta1.networking.k8s.io': { since: '1.34', removed: '1.37' },
  'v1beta1.storage.k8s.io': {
    since: '1.34',
    removed: '1.37',
    replacement: 'storage.k8s.io/v1 VolumeAttributesClass',
  },
  'v1alpha1.admissionregistration.k8s.io': { since: '1.35', removed: '1.38' },
  'v1beta1.coordination.k8s.io': { since: '1.36', removed: '1.39' },
  'v1alpha2.coordination.k8s.io': { since: '1.35', removed: '1.38' },
  'v1beta1.resource.k8s.io': { since: '1.35', removed: '1.38' },
  'deviceclasses.v1beta2.resource.k8s.io': { since: '1.36', removed: '1.39' },
  'resourceclaims.v1beta2.resource.k8s.io': { since: '1.36', removed: '1.39' },
  'resourceclaimtemplates.v1beta2.resource.k8s.io': { since: '1.36', removed: '1.39' },
  'resourceslices.v1beta2.resource.k8s.io': { since: '1.36', removed: '1.39' },
  'devicetaintrules.v1alpha3.resource.k8s.io': { since: '1.36', removed: '1.39' },
};

/** The warning for users of a deprecated version, and the release that removes it if known. */
export interface DeprecationNotice {
  /** The text of a Warning header. */
  readonly warning: string;
  /** `1.39`; "" while nobody knows. */
  readonly removedRelease: string;
}

/** Undefined for what stays. */
export function deprecationOf(type: ResourceType<ApiObject>): DeprecationNotice | undefined {
  const place = type.group === '' ? type.version : `${type.version}.${type.group}`;
  const found = deprecations[`${type.plural}.${place}`] ?? deprecations[place];
  if (!found) return undefined;
  const { since, removed, replacement } = found;
  const until = removed ? `, unavailable in v${removed}+` : '';
  const instead = replacement ? `; use ${replacement}` : '';
  const warning = `${apiVersionOf(type)} ${type.kind} is deprecated in v${since}+${until}${instead}`;
  return { warning, removedRelease: removed ?? '' };
}
