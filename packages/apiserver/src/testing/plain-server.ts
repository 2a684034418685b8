import type { Logger } from '@typernetes/base';
import { systemClock } from '@typernetes/base';
import { restClient } from '@typernetes/client';
import type { Store } from '@typernetes/store';
import { cacheInformers } from '../cache/cache-informers.ts';
import { CustomResources } from '../custom-resources/definition/custom-resources.ts';
import { definitionValidation } from '../custom-resources/definition/definition-validation.ts';
import { builtInResources } from '../registry/resources.ts';
import { type ApiServer, loopbackUser, startApiServer } from '../server/api-server.ts';

/** Every resource under its own rules and custom resources; everybody may do everything. */
export async function plainServer(store: Store, log: Logger): Promise<ApiServer> {
  return await startApiServer({
    store,
    resources: builtInResources,
    log,
    parts: async (inside) => {
      const customResources = new CustomResources({
        router: inside.router,
        informers: cacheInformers((type) => inside.router.storageOf(type)),
        client: restClient(inside.transport(loopbackUser)),
        clock: systemClock,
        log,
        convertOf: () => undefined,
      });
      await customResources.load();
      return {
        authorizers: [{ name: 'all', authorize: () => ({ verdict: 'allow', reason: '' }) }],
        admission: [definitionValidation],
        background: [customResources],
      };
    },
  });
}
