import { addressWarnings } from '../core/address-warnings.ts';
import type { EndpointSlice } from './v1.gen.ts';

/** Warnings for a new slice. */
export function* endpointSliceWarnings(slice: EndpointSlice): Iterable<string> {
  if (slice.addressType === 'FQDN') yield 'spec.addressType: FQDN endpoints are deprecated';
  yield* endpointSliceAddressWarnings(slice);
}

const ownControllers = new Set(['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io']);

/** No warnings for slices that our own controllers write, which are in canonical form. */
export function* endpointSliceAddressWarnings({ metadata, endpoints }: EndpointSlice): Iterable<string> {
  if (ownControllers.has(metadata.labels?.['endpointslice.kubernetes.io/managed-by'] ?? '')) return;
  for (const [i, { addresses }] of (endpoints ?? []).entries())
    for (const [j, address] of (addresses ?? []).entries())
      yield* addressWarnings(address, `endpoints[${i}].addresses[${j}]`);
}
