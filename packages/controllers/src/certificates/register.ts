import { certificatesigningrequests } from '@typernetes/api/certificates/v1';
import { controller, type Reconciler, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerContext, ControllerDefinition } from '../controller-context.ts';
import { approver } from './approve.ts';
import { cleaner } from './clean.ts';
import { signer } from './sign.ts';

function onRequests({ informers, clock, log }: ControllerContext, reconciler: Reconciler) {
  return controller({ reconciler, wakes: [wakeOn(informers.for(certificatesigningrequests), keyOf)], clock, log });
}

export const certificateApprover: ControllerDefinition = {
  name: 'certificatesigningrequest-approving-controller',
  serviceAccount: 'certificate-controller',
  build(context) {
    const requests = context.informers.for(certificatesigningrequests).lister;
    return onRequests(context, approver({ requests, client: context.client, clock: context.clock }));
  },
};

export const certificateSigner: ControllerDefinition = {
  name: 'certificatesigningrequest-signing-controller',
  serviceAccount: 'certificate-controller',
  build(context) {
    const { clusterSigner, clusterSigningDurationMs } = context.settings;
    if (!clusterSigner) return undefined;
    const reconciler = signer({
      requests: context.informers.for(certificatesigningrequests).lister,
      client: context.client.resource(certificatesigningrequests),
      authority: clusterSigner,
      maxLifetimeMs: clusterSigningDurationMs,
      clock: context.clock,
    });
    return onRequests(context, reconciler);
  },
};

export const certificateCleaner: ControllerDefinition = {
  name: 'certificatesigningrequest-cleaner-controller',
  serviceAccount: 'certificate-controller',
  build(context) {
    const requests = context.informers.for(certificatesigningrequests).lister;
    const client = context.client.resource(certificatesigningrequests);
    return onRequests(context, cleaner({ requests, client, clock: context.clock }));
  },
};
