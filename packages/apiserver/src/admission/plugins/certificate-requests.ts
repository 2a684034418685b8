import type { CertificateSigningRequest } from '@typernetes/api/certificates/v1';
import { parseSigningRequest } from '@typernetes/pki';
import type { Authorize } from '../../authorization/authorizer.ts';
import { privilegedGroup } from '../../identity/groups.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission-plugin.ts';
import { refusal, targetOf } from '../request-target.ts';

const group = 'certificates.k8s.io';
const plural = `certificatesigningrequests.${group}`;

interface Deps {
  readonly authorize: Authorize;
}

/** Approving a request takes the verb `approve` on its signer. */
export function certificateApproval({ authorize }: Deps): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    concerns: (request) => request.operation === 'UPDATE' && targetOf(request) === `${plural}/approval`,
    validate: async (request) => {
      const { signerName } = (request.oldObject as CertificateSigningRequest).spec;
      if (await maySign(request, 'approve', signerName, authorize)) return;
      throw refusal(request, `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`);
    },
  };
}

/** Issuing a certificate takes the verb `sign` on the request's signer. */
export function certificateSigning({ authorize }: Deps): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    concerns: (request) => request.operation === 'UPDATE' && targetOf(request) === `${plural}/status`,
    validate: async (request) => {
      const [old, next] = [request.oldObject, request.object] as [CertificateSigningRequest, CertificateSigningRequest];
      const sameCertificate = (old.status?.certificate ?? '') === (next.status?.certificate ?? '');
      if (sameCertificate && JSON.stringify(failures(old)) === JSON.stringify(failures(next))) return;
      const { signerName } = old.spec;
      if (await maySign(request, 'sign', signerName, authorize)) return;
      throw refusal(request, `user not permitted to sign requests with signerName ${JSON.stringify(signerName)}`);
    },
  };
}

/** Prevents client certificates for the group that may do everything. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  concerns: (request) => request.operation === 'CREATE' && targetOf(request) === plural,
  validate: async (request) => {
    const { signerName, request: pem } = (request.object as CertificateSigningRequest).spec;
    if (signerName !== 'kubernetes.io/kube-apiserver-client') return;
    const { organizations } = await parseSigningRequest(Buffer.from(pem, 'base64').toString('utf8'));
    if (organizations.includes(privilegedGroup)) {
      throw refusal(request, `use of ${signerName} signer with ${privilegedGroup} group is not allowed`);
    }
  },
};

function failures({ status }: CertificateSigningRequest): unknown {
  return (status?.conditions ?? []).filter((condition) => condition.type === 'Failed');
}

/** The right may be on the signer itself or on all signers of its domain (`example.com/*`). */
export async function maySign(
  request: AdmissionRequest,
  verb: string,
  signerName: string,
  authorize: Authorize,
): Promise<boolean> {
  const domain = `${signerName.slice(0, Math.max(0, signerName.indexOf('/')))}/*`;
  for (const name of [signerName, domain]) {
    const signers = { apiGroup: group, apiVersion: '*', resource: 'signers', subresource: '', namespace: '', name };
    const decision = await authorize({ ...signers, isResourceRequest: true, path: '', verb, user: request.user });
    if (decision.verdict === 'allow') return true;
  }
  return false;
}
