import { configmaps } from '@typernetes/api/core/v1';
import { controller, wakeOn } from '@typernetes/client';
import { bootstrapTokens } from '../bootstrap-tokens/informer.ts';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { bootstrapSigner, clusterInfoKey } from './reconciler.ts';

export const bootstrapSignerController: ControllerDefinition = {
  name: 'bootstrap-signer-controller',
  serviceAccount: 'bootstrap-signer',
  disabledByDefault: true,
  build({ client, informers, clock, observeQueue, log }) {
    const info = informers.for(configmaps, { namespace: 'kube-public', fieldSelector: 'metadata.name=cluster-info' });
    const tokenInformer = bootstrapTokens(informers);
    const reconciler = bootstrapSigner({
      configMaps: info.lister,
      secrets: tokenInformer.lister,
      client: client.resource(configmaps),
      clock,
    });
    const wakes = [wakeOn(info, () => clusterInfoKey), wakeOn(tokenInformer, () => clusterInfoKey)];
    return controller({ reconciler, wakes, workers: 1, clock, log, observeQueue });
  },
};
