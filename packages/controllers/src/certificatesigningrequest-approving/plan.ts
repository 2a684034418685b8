import type { CertificateSigningRequest } from '@typernetes/api/certificates/v1';
import { kubeletClientSigner, nodeClientProblem, type RequestedNames } from '../certificates/signers.ts';

/** A kind of kubelet client request and the permission that it takes; most specific first. */
interface Recognizer {
  readonly subresource: 'selfnodeclient' | 'nodeclient';
  readonly message: string;
}

/** The permissions of which one is enough to approve the request; none for a request that is not a kubelet's. */
export function recognizers({ spec }: CertificateSigningRequest, names: RequestedNames): readonly Recognizer[] {
  if (spec.signerName !== kubeletClientSigner || nodeClientProblem(names, spec.usages ?? []) !== undefined) return [];
  const own: Recognizer = {
    subresource: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
  };
  const first: Recognizer = {
    subresource: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
  };
  return spec.username === names.commonName ? [own, first] : [first];
}
