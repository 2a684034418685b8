import { X509Certificate } from 'node:crypto';
import type { CustomResourceDefinitionSpec } from '@typernetes/api/apiextensions/v1';
import { pemBlocks } from '../../registry/certificates/pem-blocks.ts';

/** The CA bundle of the conversion hook in base64; undefined to use the system's CAs. */
export const caBundleOf = ({ conversion }: CustomResourceDefinitionSpec): string | undefined =>
  conversion?.webhook?.clientConfig?.caBundle || undefined;

/** Why a bundle has no valid certificate, in upstream's words; undefined if it has. Upstream: ValidateCABundle. */
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
