import type { CertificateSigningRequest } from '@typernetes/api/certificates/v1';

export const kubeletClientSigner = 'kubernetes.io/kube-apiserver-client-kubelet';
export const kubeletServingSigner = 'kubernetes.io/kubelet-serving';
export const clientSigner = 'kubernetes.io/kube-apiserver-client';
const legacySigner = 'kubernetes.io/legacy-unknown';

/** The contents of a request (PKCS #10) that signers look at. */
export interface RequestedNames {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
}

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

/** Why a request is not for a kubelet's client certificate. */
export const nodeClientProblem = (names: RequestedNames, usages: readonly string[]): string | undefined => {
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
