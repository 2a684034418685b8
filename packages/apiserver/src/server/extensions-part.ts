import { discoveryRoute } from '../handlers/discovery-route.ts';
import { openApiRoute } from '../handlers/openapi-route.ts';
import type { ServerInside } from './api-server.ts';
import { buildExtensions, type ExtensionDeps } from './extensions.ts';
import type { ApiServerParts } from './part-slots.ts';

/** Custom resources and aggregated API servers, and the documents that describe everything served. */
export async function extensionsPart(
  inside: ServerInside,
  { serverAddress, ...deps }: ExtensionDeps & { readonly serverAddress: string },
): Promise<Partial<ApiServerParts>> {
  const { customResources, aggregator, admission, background } = await buildExtensions(inside, deps);
  const served = () => inside.router.served;
  return {
    admission,
    background,
    delegate: (context) => aggregator.answer(context),
    routes: [
      discoveryRoute(served, serverAddress, () => aggregator.versions),
      openApiRoute(
        served,
        () => customResources.definitions,
        () => aggregator.documents,
      ),
    ],
  };
}
