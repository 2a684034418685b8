import { addressWarnings } from './address-warnings.ts';
import type { Endpoints } from './v1.gen.ts';

/** No warnings for Endpoints that our own controller writes, which are in canonical form. */
export function* endpointsWarnings({ metadata, subsets = [] }: Endpoints): Iterable<string> {
  if (metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller') return;
  for (const [i, subset] of subsets.entries())
    for (const kind of ['addresses', 'notReadyAddresses'] as const)
      for (const [j, { ip }] of (subset[kind] ?? []).entries())
        yield* addressWarnings(ip, `subsets[${i}].${kind}[${j}].ip`);
}
