import { type Logger, systemClock, systemRandom } from '@typernetes/base';
import type { Store } from '@typernetes/store';
import type { ResolveService } from '../admission/webhook/caller.ts';
import type { ProxyClient } from '../aggregation/remote-server.ts';
import { builtInResources } from '../registry/resources.ts';
import { type ApiServer, startApiServer } from '../server/api-server.ts';
import { extensionsPart } from '../server/extensions-part.ts';
import { mergeParts } from '../server/merge-parts.ts';
import { resolverOver } from '../server/service-resolver.ts';
import { cacheInformers } from '../storage/cache-informers.ts';

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
      const informers = cacheInformers((type) => inside.router.storageOf(type));
      const extensions = await extensionsPart(inside, {
        informers,
        resolve: options.resolve ?? resolverOver(informers, { toEndpoints: true, random: systemRandom }),
        clock: systemClock,
        log,
        proxyClient: () => options.proxyClient,
        serverAddress: 'localhost',
      });
      return mergeParts([
        extensions,
        { authorizers: [{ name: 'all', authorize: () => ({ verdict: 'allow', reason: '' }) }] },
      ]);
    },
  });
}
