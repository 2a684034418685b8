import { certificatesigningrequests } from '@typernetes/api/certificates/v1';
import { controller, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { signer } from './reconciler.ts';

export const certificateSigner: ControllerDefinition = {
  name: 'certificatesigningrequest-signing-controller',
  serviceAccount: 'certificate-controller',
  build(context) {
    const { clusterSigner, signers = {}, clusterSigningDurationMs } = context.settings;
    if (!clusterSigner && Object.keys(signers).length === 0) return undefined;
    const reconciler = signer({
      requests: context.informers.for(certificatesigningrequests).lister,
      client: context.client.resource(certificatesigningrequests),
      authorityOf: (signer) => signers[signer] ?? clusterSigner,
      maxLifetimeMs: clusterSigningDurationMs,
      clock: context.clock,
    });
    const wakes = [wakeOn(context.informers.for(certificatesigningrequests), keyOf)];
    return controller({
      reconciler,
      wakes,
      clock: context.clock,
      log: context.log,
      observeQueue: context.observeQueue,
    });
  },
};
