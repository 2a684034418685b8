import type { ApiObject } from '@typernetes/machinery';

/** The suffix reserved for policies and webhooks that an API server reads from files (KEP-5793, alpha in v1.36). */
const suffix = '.static.k8s.io';

/** Warnings for policies, bindings and webhooks. Upstream: `WarningsForStaticSuffix`. */
export function* staticNameWarnings({ metadata }: ApiObject): Iterable<string> {
  if (metadata.name.endsWith(suffix))
    yield `metadata.name: names ending with "${suffix}" are reserved for static manifest-based configurations and cannot be managed via the API`;
}
