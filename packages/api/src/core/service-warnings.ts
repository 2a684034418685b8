import { addressWarnings, cidrWarnings } from './address-warnings.ts';
import type { Service } from './v1.gen.ts';

const hintsAnnotation = 'service.kubernetes.io/topology-aware-hints';

/** Upstream: GetWarningsForService. */
export function* serviceWarnings({ metadata, spec }: Service): Iterable<string> {
  if (metadata.annotations?.[hintsAnnotation] !== undefined)
    yield `annotation ${hintsAnnotation} is deprecated, please use service.kubernetes.io/topology-mode instead`;
  const { clusterIP, clusterIPs = [], externalIPs = [], loadBalancerIP, type = 'ClusterIP' } = spec ?? {};
  const isHeadless = type === 'ClusterIP' && clusterIP === 'None';
  if (clusterIP !== 'None')
    for (const [i, address] of clusterIPs.entries()) yield* addressWarnings(address, `spec.clusterIPs[${i}]`);
  if (isHeadless) {
    if (loadBalancerIP) yield 'spec.loadBalancerIP is ignored for headless services';
    if (externalIPs.length > 0) yield 'spec.externalIPs is ignored for headless services';
    if (spec?.sessionAffinity !== 'None') yield 'spec.SessionAffinity is ignored for headless services';
  }
  for (const [i, address] of externalIPs.entries()) yield* addressWarnings(address, `spec.externalIPs[${i}]`);
  if (externalIPs.length > 0 && !isHeadless && type !== 'ExternalName')
    yield 'spec.externalIPs is deprecated and may no longer be implemented in some clusters';
  if (loadBalancerIP) yield* addressWarnings(loadBalancerIP, 'spec.loadBalancerIP');
  for (const [i, range] of (spec?.loadBalancerSourceRanges ?? []).entries())
    yield* cidrWarnings(range, `spec.loadBalancerSourceRanges[${i}]`);
  if (type === 'ExternalName' && externalIPs.length > 0)
    yield 'spec.externalIPs is ignored when spec.type is "ExternalName"';
  if (type !== 'ExternalName' && spec?.externalName)
    yield 'spec.externalName is ignored when spec.type is not "ExternalName"';
  if (spec?.trafficDistribution === 'PreferClose')
    yield 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"';
}
