import { X509Certificate } from 'node:crypto';

/** A certificate for certain server names (`--tls-sni-cert-key`). */
export interface NamedCertificate {
  readonly cert: string;
  readonly key: string;
  /** Host names in lower case, `*.` for one label in front. */
  readonly names: readonly string[];
}

/** The host names of a certificate: its alternative names, or its common name if it has none. */
export function namesInCertificate(pem: string): string[] {
  const certificate = new X509Certificate(pem);
  const alternatives = [...(certificate.subjectAltName ?? '').matchAll(/DNS:([^,\s]+)/g)].map(([, name]) => name ?? '');
  if (alternatives.length > 0) return alternatives.map((name) => name.toLowerCase());
  const common = /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  return common ? [common.toLowerCase()] : [];
}

/** The certificate for a name: one with exactly that name, else one with a matching wildcard; the first of several. */
export function namedCertificateFor<T extends NamedCertificate>(name: string, all: readonly T[]): T | undefined {
  const asked = name.toLowerCase();
  const wildcard = asked.replace(/^[^.]+/, '*');
  return all.find(({ names }) => names.includes(asked)) ?? all.find(({ names }) => names.includes(wildcard));
}
