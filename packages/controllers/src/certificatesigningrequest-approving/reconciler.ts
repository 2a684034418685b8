import { type SubjectAccessReview, subjectaccessreviews } from '@typernetes/api/authorization/v1';
import type { CertificateSigningRequest } from '@typernetes/api/certificates/v1';
import { type Clock, timestamp } from '@typernetes/base';
import type { ApiClient, Lister, Reconciler, Result } from '@typernetes/client';
import { collectionPath, withCondition } from '@typernetes/machinery';
import { readRequest } from '../certificates/read-request.ts';
import { kubeletClientSigner } from '../certificates/signers.ts';
import { isDecided, isFailed } from '../certificates/states.ts';
import { recognizers } from './plan.ts';

interface ApproverDeps {
  readonly requests: Pick<Lister<CertificateSigningRequest>, 'get'>;
  readonly client: Pick<ApiClient, 'json'>;
  readonly clock: Clock;
}

export function approver({ requests, client, clock }: ApproverDeps): Reconciler {
  return {
    name: 'certificatesigningrequest-approving-controller',
    async reconcile(key): Promise<Result> {
      const csr = requests.get(key);
      if (!csr || isDecided(csr) || isFailed(csr) || csr.status?.certificate) return {};
      if (csr.spec.signerName !== kubeletClientSigner) return {};
      const { names } = await readRequest(csr);
      const possible = recognizers(csr, names);
      for (const { subresource, message } of possible)
        if (await mayCreate(csr, subresource)) {
          await approve(csr, message);
          return {};
        }
      // The permission may still be on its way: a cluster grants it while its first nodes join already.
      if (possible.length > 0)
        throw new Error(
          `recognized csr "${key}" as ${possible.map(({ subresource }) => subresource)} but subject access review was not approved`,
        );
      return {};
    },
  };

  async function mayCreate({ spec }: CertificateSigningRequest, subresource: string): Promise<boolean> {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: spec.username,
        uid: spec.uid,
        groups: spec.groups,
        extra: spec.extra,
        resourceAttributes: {
          group: 'certificates.k8s.io',
          resource: 'certificatesigningrequests',
          verb: 'create',
          subresource,
          version: '*',
        },
      },
    };
    const answer = await client.json<SubjectAccessReview>('POST', collectionPath(subjectaccessreviews), review);
    return answer.status?.allowed === true;
  }

  async function approve(csr: CertificateSigningRequest, message: string): Promise<void> {
    const now = timestamp(clock.now());
    const approval = { type: 'Approved', status: 'True', reason: 'AutoApproved', message, lastUpdateTime: now };
    const conditions = withCondition(csr.status?.conditions, approval, { now });
    const path = `/apis/certificates.k8s.io/v1/certificatesigningrequests/${encodeURIComponent(csr.metadata.name)}/approval`;
    await client.json('PUT', path, { ...csr, status: { ...csr.status, conditions } });
  }
}
