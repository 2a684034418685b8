import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

/**
 * OpenSSL considers a certificate with neither subject nor issuer as self-signed, and rejects it. Go's programs verify
 * its signature; the hooks of some operators (Pepr's) rely on that.
 */
export const isTakenForItsOwnIssuer = (error: unknown): boolean =>
  (error as { code?: unknown }).code === 'DEPTH_ZERO_SELF_SIGNED_CERT';

const serverUsages = ['1.3.6.1.5.5.7.3.1', '2.5.29.37.0'];

/**
 * Whether one of the CAs (PEM) has signed the certificate, and it is valid at `now` (milliseconds since the epoch), for
 * servers, and for the name or address: what OpenSSL would have checked.
 */
export function isSignedByOneOf(
  authorities: string,
  certificate: X509Certificate,
  { name, now }: { readonly name: string; readonly now: number },
): boolean {
  const isValid = ({ validFromDate, validToDate }: X509Certificate): boolean =>
    now >= validFromDate.getTime() && now <= validToDate.getTime();
  const usages: readonly string[] = certificate.keyUsage ?? [];
  const isFor = isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name, { subject: 'never' });
  if (isFor === undefined || !isValid(certificate)) return false;
  if (usages.length > 0 && !serverUsages.some((usage) => usages.includes(usage))) return false;
  const blocks = authorities.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return blocks
    .map((block) => new X509Certificate(block))
    .some(
      (issuer) =>
        issuer.ca && isValid(issuer) && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey),
    );
}
