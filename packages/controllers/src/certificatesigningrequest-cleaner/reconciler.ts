import { X509Certificate } from 'node:crypto';
import type { CertificateSigningRequest } from '@typernetes/api/certificates/v1';
import type { Clock } from '@typernetes/base';
import type { Lister, Reconciler, Result, Writer } from '@typernetes/client';
import { ifFound } from '@typernetes/machinery';
import { deletableAt } from './plan.ts';

interface CleanerDeps {
  readonly requests: Pick<Lister<CertificateSigningRequest>, 'get'>;
  readonly client: Pick<Writer<CertificateSigningRequest>, 'delete'>;
  readonly clock: Clock;
}

export function cleaner({ requests, client, clock }: CleanerDeps): Reconciler {
  return {
    name: 'certificatesigningrequest-cleaner-controller',
    async reconcile(key): Promise<Result> {
      const csr = requests.get(key);
      if (!csr) return {};
      const requeueAfterMs = deletableAt(csr, expiryOf(csr)) - clock.now();
      if (requeueAfterMs > 0) return { requeueAfterMs };
      await ifFound(client.delete({ name: key }, { preconditions: { uid: csr.metadata.uid } }));
      return {};
    },
  };
}

function expiryOf({ status }: CertificateSigningRequest): number | undefined {
  if (!status?.certificate) return undefined;
  return new X509Certificate(Buffer.from(status.certificate, 'base64')).validToDate.getTime();
}
