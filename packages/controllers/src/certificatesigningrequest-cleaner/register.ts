import { certificatesigningrequests } from '@typernetes/api/certificates/v1';
import { controller, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { cleaner } from './reconciler.ts';

export const certificateCleaner: ControllerDefinition = {
  name: 'certificatesigningrequest-cleaner-controller',
  serviceAccount: 'certificate-controller',
  build(context) {
    const requests = context.informers.for(certificatesigningrequests).lister;
    const client = context.client.resource(certificatesigningrequests);
    const reconciler = cleaner({ requests, client, clock: context.clock });
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
