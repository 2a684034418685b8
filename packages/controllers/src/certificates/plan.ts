import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '@typernetes/api/certificates/v1';
import { findCondition, parseTime } from '@typernetes/machinery';

export const kubeletClientSigner = 'kubernetes.io/kube-apiserver-client-kubelet';
export const kubeletServingSigner = 'kubernetes.io/kubelet-serving';
export const clientSigner = 'kubernetes.io/kube-apiserver-client';
export const legacySigner = 'kubernetes.io/legacy-unknown';

/** What a request (PKCS #10) asks for, as far as signers judge it. */
export interface RequestedNames {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
}

const isTrue = (csr: CertificateSigningRequest, type: string): boolean =>
  findCondition(csr.status?.conditions, type)?.status === 'True';

export const isApproved = (csr: CertificateSigningRequest): boolean =>
  isTrue(csr, 'Approved') && !isTrue(csr, 'Denied');
export const isDecided = (csr: CertificateSigningRequest): boolean => isTrue(csr, 'Approved') || isTrue(csr, 'Denied');
export const isFailed = (csr: CertificateSigningRequest): boolean => isTrue(csr, 'Failed');

function usageProblem(usages: readonly string[], needed: string): string | undefined {
  const allowed = new Set(['digital signature', 'key encipherment', needed]);
  return usages.includes(needed) && usages.includes('digital signature') && usages.every((usage) => allowed.has(usage))
    ? undefined
    : `usages did not match ${JSON.stringify([...allowed])}`;
}

function nodeNameProblem({ commonName, organizations }: RequestedNames): string | undefined {
  if (organizations.length !== 1 || organizations[0] !== 'system:nodes')
    return 'subject organization is not system:nodes';
  return commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node: ';
}

const nodeClientProblem = (names: RequestedNames, usages: readonly string[]): string | undefined => {
  const wrongName = nodeNameProblem(names);
  if (wrongName) return wrongName;
  if (names.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed';
  if (names.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (names.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed';
  if (names.uris.length > 0) return 'URI subjectAltNames are not allowed';
  return usageProblem(usages, 'client auth');
};

const nodeServingProblem = (names: RequestedNames, usages: readonly string[]): string | undefined => {
  const wrongName = nodeNameProblem(names);
  if (wrongName) return wrongName;
  if (names.dnsNames.length + names.ipAddresses.length === 0) return 'DNS or IP subjectAltName is required';
  if (names.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (names.uris.length > 0) return 'URI subjectAltNames are not allowed';
  return usageProblem(usages, 'server auth');
};

const clientUsages = new Set(['digital signature', 'key encipherment', 'client auth']);
const clientProblem = (_: RequestedNames, usages: readonly string[]): string | undefined =>
  usages.includes('client auth') && usages.every((usage) => clientUsages.has(usage))
    ? undefined
    : 'usages did not match [client auth]';

/** The signers that we are, and why each would refuse a request. */
const signers: Readonly<Record<string, (names: RequestedNames, usages: readonly string[]) => string | undefined>> = {
  [kubeletClientSigner]: nodeClientProblem,
  [kubeletServingSigner]: nodeServingProblem,
  [clientSigner]: clientProblem,
  [legacySigner]: () => undefined,
};

export function isOurSigner(name: string): boolean {
  return Object.hasOwn(signers, name);
}

/** Why the signer must not sign this; undefined when it may. */
export function signingProblem(
  { signerName, usages = [] }: CertificateSigningRequest['spec'],
  names: RequestedNames,
): string | undefined {
  return signers[signerName]?.(names, usages);
}

/** Who may have a kubelet's client certificate, most particular first. */
export interface Recognizer {
  readonly subresource: 'selfnodeclient' | 'nodeclient';
  readonly message: string;
}

/** The permissions of which one is enough to have the request approved; none for a request that is not a kubelet's. */
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

/** How long a certificate lives, in milliseconds: what was asked for, at least 10 minutes and at most what the signer grants. */
export function lifetimeMs(expirationSeconds: number | undefined, maxMs: number): number {
  if (expirationSeconds === undefined) return maxMs;
  return Math.min(maxMs, Math.max(expirationSeconds * 1000, 600_000));
}

const hour = 3_600_000;

/** When the request may be deleted, in milliseconds since the epoch; `expiry` is that of its certificate. */
export function deletableAt(csr: CertificateSigningRequest, expiry: number | undefined): number {
  const since = (type: string): number | undefined => {
    const found = (csr.status?.conditions ?? []).find((one: CertificateSigningRequestCondition) => one.type === type);
    return found
      ? parseTime(found.lastUpdateTime ?? found.lastTransitionTime ?? csr.metadata.creationTimestamp)
      : undefined;
  };
  const moments = [parseTime(csr.metadata.creationTimestamp) + 24 * hour];
  const denied = since('Denied') ?? since('Failed');
  if (denied !== undefined) moments.push(denied + hour);
  const approved = since('Approved');
  if (approved !== undefined && csr.status?.certificate) moments[0] = approved + hour;
  if (expiry !== undefined) moments.push(expiry);
  return Math.min(...moments);
}
