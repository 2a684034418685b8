import { secrets, serviceaccounts } from '@typernetes/api/core/v1';
import { controller, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { accountNameAnnotation, tokenSecretType } from './plan.ts';
import { tokenReconciler } from './reconciler.ts';

const byAccount = 'service-account';

export const serviceAccountTokenController: ControllerDefinition = {
  name: 'serviceaccount-token-controller',
  // No service account: only the program itself may write secrets for all accounts.
  build({ client, informers, clock, observeQueue, log, settings }) {
    const { serviceAccountPrivateKey, rootCa, concurrentSyncs } = settings;
    if (!serviceAccountPrivateKey) return undefined;
    const tokens = informers.for(secrets, { fieldSelector: `type=${tokenSecretType}` });
    const accounts = informers.for(serviceaccounts);
    tokens.addIndex(byAccount, ({ metadata: { namespace, annotations } }) => [
      `${namespace}/${annotations?.[accountNameAnnotation]}`,
    ]);
    const reconciler = tokenReconciler({
      secrets: tokens.lister,
      serviceAccounts: accounts.lister,
      client: client.resource(secrets),
      privateKey: serviceAccountPrivateKey,
      rootCa,
    });
    const ofAccount = wakeOn(accounts, (account) => tokens.lister.byIndex(byAccount, keyOf(account)).map(keyOf));
    return controller({
      reconciler,
      wakes: [wakeOn(tokens, keyOf), ofAccount],
      workers: concurrentSyncs.serviceAccountToken,
      clock,
      log,
      observeQueue,
    });
  },
};
