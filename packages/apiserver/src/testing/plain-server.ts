import { type Logger, systemClock } from '@typernetes/base';
import type { Store } from '@typernetes/store';
import type { ResolveService } from '../admission/webhook/caller.ts';
import type { ProxyClient } from '../aggregation/remote-server.ts';
import { cacheInformers } from '../cache/cache-informers.ts';
import { discoveryRoute } from '../handlers/discovery-route.ts';
import { openApiRoute } from '../handlers/openapi-route.ts';
import { builtInResources } from '../registry/resources.ts';
import { type ApiServer, startApiServer } from '../server/api-server.ts';
import { buildExtensions } from '../server/extensions.ts';

export interface PlainServerOptions {
  readonly proxyClient?: ProxyClient;
  readonly resolve?: ResolveService;
}

/** Every resource under its own rules, custom resources and API services; everybody may do everything. */
export async function plainServer(store: Store, log: Logger, options: PlainServerOptions = {}): Promise<ApiServer> {
  return await startApiServer({
    store,
    resources: builtInResources,
    log,
    parts: async (inside) => {
      const { router } = inside;
      const { customResources, aggregator, admission, background } = await buildExtensions(inside, {
        informers: cacheInformers((type) => router.storageOf(type)),
        clock: systemClock,
        log,
        proxyClient: options.proxyClient,
        ...(options.resolve ? { resolve: options.resolve } : {}),
      });
      return {
        authorizers: [{ name: 'all', authorize: () => ({ verdict: 'allow', reason: '' }) }],
        admission,
        background,
        delegate: (context) => aggregator.answer(context),
        routes: [
          discoveryRoute(
            () => router.served,
            'localhost',
            () => aggregator.resources,
          ),
          openApiRoute(
            () => router.served,
            () => customResources.definitions,
            () => aggregator.documents,
          ),
        ],
      };
    },
  });
}
