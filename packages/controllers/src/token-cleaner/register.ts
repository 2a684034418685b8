import { secrets } from '@typernetes/api/core/v1';
import { controller, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import { bootstrapTokens } from '../bootstrap-tokens/informer.ts';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { tokenCleaner } from './reconciler.ts';

export const tokenCleanerController: ControllerDefinition = {
  name: 'token-cleaner-controller',
  serviceAccount: 'token-cleaner',
  disabledByDefault: true,
  build({ client, informers, clock, observeQueue, log }) {
    const tokenInformer = bootstrapTokens(informers);
    const reconciler = tokenCleaner({ secrets: tokenInformer.lister, client: client.resource(secrets), clock });
    return controller({ reconciler, wakes: [wakeOn(tokenInformer, keyOf)], workers: 1, clock, log, observeQueue });
  },
};
