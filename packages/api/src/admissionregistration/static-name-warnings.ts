import type { ApiObject } from '@typernetes/machinery';

/** Names that end so are those of policies and webhooks that an API server reads from files (KEP-5793, alpha in v1.36). */
const suffix = '.static.k8s.io';

/** Of policies, bindings and webhooks: upstream's `WarningsForStaticSuffix`. */
export function* staticNameWarnings({ metadata }: ApiObject): Iterable<string> {
  if (metadata.name.endsWith(suffix))
    yield `metadata.name: names ending with "${suffix}" are reserved for static manifest-based configurations and cannot be managed via the API`;
}
