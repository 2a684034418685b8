import { inspectCertificate, readCertificates } from '@typernetes/pki';

/** When a certificate is to be replaced, in milliseconds: after 70 to 90 % of its life, at a time that `chance` (0..1) picks. */
export function rotationTime({ notBefore, notAfter }: { notBefore: number; notAfter: number }, chance: number): number {
  return notBefore + (notAfter - notBefore) * (0.7 + 0.2 * chance);
}

/** The validity period of a certificate; undefined without a certificate. */
export function lifeOf(certificate: string | undefined) {
  const [first] = certificate === undefined ? [] : readCertificates(certificate);
  return first && inspectCertificate(first);
}

/** Whether a certificate names all of these. */
export function covers(
  certificate: { readonly dnsNames: readonly string[]; readonly ipAddresses: readonly string[] },
  wish: { readonly dnsNames: readonly string[]; readonly ipAddresses: readonly string[] },
): boolean {
  return (
    wish.dnsNames.every((name) => certificate.dnsNames.includes(name)) &&
    wish.ipAddresses.every((ip) => certificate.ipAddresses.includes(ip))
  );
}
