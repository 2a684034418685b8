import { X509Certificate } from 'node:crypto';
import { pemBlocks } from '../registry/certificates/pem-blocks.ts';

/** Why there is no authority in a bundle (base64), in upstream's words; undefined where there is one. Upstream: ValidateCABundle. */
export function caBundleProblem(bundle: string): string | undefined {
  const blocks = pemBlocks(Buffer.from(bundle, 'base64').toString('latin1'));
  const certificates = blocks.filter(({ type, headers }) => type === 'CERTIFICATE' && !headers);
  if (certificates.some(({ der }) => isCertificate(der))) return undefined;
  const why =
    blocks.length === 0
      ? 'unable to parse bytes as PEM block'
      : certificates.length > 0
        ? 'failed to parse certificate: x509: malformed certificate'
        : 'no valid certificate authority data seen';
  return `unable to load root certificates: ${why}`;
}

function isCertificate(der: Buffer): boolean {
  try {
    return new X509Certificate(der) !== undefined;
  } catch {
    return false;
  }
}
