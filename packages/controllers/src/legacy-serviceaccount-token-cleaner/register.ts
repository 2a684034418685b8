import { configmaps, pods, secrets, serviceaccounts } from '@typernetes/api/core/v1';
import { controller, readsFrom, wakeAtStart } from '@typernetes/client';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { tokenSecretType } from '../serviceaccount-token/plan.ts';
import { legacyTokenCleaner } from './reconciler.ts';

export const legacyServiceAccountTokenCleaner: ControllerDefinition = {
  name: 'legacy-serviceaccount-token-cleaner-controller',
  serviceAccount: 'legacy-service-account-token-cleaner',
  build({ client, informers, clock, observeQueue, log, settings }) {
    const tokens = informers.for(secrets, { fieldSelector: `type=${tokenSecretType}` });
    const accounts = informers.for(serviceaccounts);
    const podInformer = informers.for(pods);
    const reconciler = legacyTokenCleaner({
      secrets: tokens.lister,
      serviceAccounts: accounts.lister,
      pods: podInformer.lister,
      configMapClient: client.resource(configmaps),
      client: client.resource(secrets),
      clock,
      periodMs: settings.legacyTokenCleanUpPeriodMs,
    });
    const wakes = [wakeAtStart('all'), readsFrom(tokens), readsFrom(accounts), readsFrom(podInformer)];
    return controller({ reconciler, wakes, workers: 1, clock, log, observeQueue });
  },
};
