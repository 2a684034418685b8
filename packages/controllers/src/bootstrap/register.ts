import { configmaps, secrets } from '@typernetes/api/core/v1';
import { controller, type Informers, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../controller-context.ts';
import { tokenCleaner } from './clean.ts';
import { bootstrapSigner, clusterInfoKey } from './sign.ts';
import { tokenNamespace, tokenSecretType } from './token.ts';

const tokens = (informers: Informers) =>
  informers.for(secrets, { namespace: tokenNamespace, fieldSelector: `type=${tokenSecretType}` });

export const bootstrapSignerController: ControllerDefinition = {
  name: 'bootstrap-signer-controller',
  serviceAccount: 'bootstrap-signer',
  disabledByDefault: true,
  build({ client, informers, clock, log }) {
    const info = informers.for(configmaps, { namespace: 'kube-public', fieldSelector: 'metadata.name=cluster-info' });
    const tokenInformer = tokens(informers);
    const reconciler = bootstrapSigner({
      configMaps: info.lister,
      secrets: tokenInformer.lister,
      client: client.resource(configmaps),
      clock,
    });
    const wakes = [wakeOn(info, () => clusterInfoKey), wakeOn(tokenInformer, () => clusterInfoKey)];
    return controller({ reconciler, wakes, workers: 1, clock, log });
  },
};

export const tokenCleanerController: ControllerDefinition = {
  name: 'token-cleaner-controller',
  serviceAccount: 'token-cleaner',
  disabledByDefault: true,
  build({ client, informers, clock, log }) {
    const tokenInformer = tokens(informers);
    const reconciler = tokenCleaner({ secrets: tokenInformer.lister, client: client.resource(secrets), clock });
    return controller({ reconciler, wakes: [wakeOn(tokenInformer, keyOf)], workers: 1, clock, log });
  },
};
