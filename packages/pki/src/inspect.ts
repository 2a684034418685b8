import { createHash, X509Certificate } from 'node:crypto';
import { extendedKeyUsages } from './issue.ts';
import { malformedCertificate } from './malformed-certificate.ts';
import { pemBlocks } from './pem.ts';

/** The contents of a certificate in plain values. Times are milliseconds since the epoch. */
export interface CertificateInfo {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly isAuthority: boolean;
}

/** The certificates of a PEM bundle, in order. Throws, in upstream's words, when there is none, and when one is none. */
export function readCertificates(pem: string): X509Certificate[] {
  // Upstream looks at no block with headers.
  const blocks = pemBlocks(pem).filter(({ type, hasHeaders }) => type === 'CERTIFICATE' && !hasHeaders);
  if (blocks.length === 0) throw new Error('data does not contain any valid RSA or ECDSA certificates');
  return blocks.map(({ der }) => readCertificate(der));
}

function readCertificate(der: Buffer): X509Certificate {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(der);
  } catch {
    // OpenSSL says only which of its decoders gave up.
    throw new Error(malformedCertificate(der));
  }
  if (certificate.raw.length < der.length) throw new Error('x509: trailing data');
  return certificate;
}

export function inspectCertificate(certificate: X509Certificate): CertificateInfo {
  // The legacy object has the subject's values unescaped, and repeated ones as arrays; `subject` is formatted for
  // reading.
  const subject = certificate.toLegacyObject().subject as unknown as Readonly<Record<string, string | string[]>>;
  const values = (field: string): string[] => [subject[field] ?? []].flat();
  const names = (certificate.subjectAltName ?? '').split(', ');
  const withPrefix = (prefix: string): string[] =>
    names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return {
    commonName: values('CN')[0] ?? '',
    organizations: values('O'),
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
    dnsNames: withPrefix('DNS:'),
    ipAddresses: withPrefix('IP Address:').map(canonicalAddress),
    isAuthority: certificate.ca,
  };
}

/** IPv6 in its short lower-case form, as used everywhere else. */
function canonicalAddress(address: string): string {
  return address.includes(':') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

/** Why a certificate is not trusted; the message is Go's. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

export interface VerifyOptions {
  readonly roots: readonly X509Certificate[];
  readonly intermediates?: readonly X509Certificate[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The purpose to check for; a certificate without extended key usages serves all. */
  readonly usage?: 'client auth' | 'server auth';
}

/**
 * Checks that a chain of valid signatures and CA certificates leads from `certificate` to one of the roots, that every
 * certificate of it is valid at `now`, and that the leaf may be used for `usage`. Throws CertificateError otherwise.
 */
export function verifyCertificate(certificate: X509Certificate, options: VerifyOptions): void {
  checkValidity(certificate, options.now);
  if (!leadsToRoot(certificate, options, 0)) {
    throw new CertificateError('x509: certificate signed by unknown authority');
  }
  const usages: readonly string[] | undefined = certificate.keyUsage;
  const wanted = options.usage;
  if (
    wanted &&
    usages &&
    usages.length > 0 &&
    ![extendedKeyUsages[wanted], extendedKeyUsages.any].some((u) => usages.includes(u))
  ) {
    throw new CertificateError('x509: certificate specifies an incompatible key usage');
  }
}

const maxChain = 8;

function leadsToRoot(certificate: X509Certificate, options: VerifyOptions, depth: number): boolean {
  if (options.roots.some((root) => isIssuedBy(certificate, root, options.now) || certificate.raw.equals(root.raw)))
    return true;
  if (depth >= maxChain) return false;
  return (options.intermediates ?? []).some(
    (issuer) => isIssuedBy(certificate, issuer, options.now) && leadsToRoot(issuer, options, depth + 1),
  );
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate, now: number): boolean {
  const valid = now >= issuer.validFromDate.getTime() && now <= issuer.validToDate.getTime();
  return valid && issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function checkValidity(certificate: X509Certificate, now: number): void {
  const at = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
  const { validFromDate, validToDate } = certificate;
  const prefix = 'x509: certificate has expired or is not yet valid: current time';
  if (now < validFromDate.getTime()) {
    throw new CertificateError(`${prefix} ${at(now)} is before ${at(validFromDate.getTime())}`);
  }
  if (now > validToDate.getTime()) {
    throw new CertificateError(`${prefix} ${at(now)} is after ${at(validToDate.getTime())}`);
  }
}

/** `sha256:<hex>` of the public key: what `--discovery-token-ca-cert-hash` pins. */
export function publicKeyHash(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`;
}
