import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

/**
 * Why a server could not serve with this certificate and key (both PEM), in the words of Go's tls.X509KeyPair;
 * undefined if they match. Further certificates of the chain are not looked at.
 */
export function pairProblem(certificate: string, key: string): string | undefined {
  const certificates = blocksOf(certificate);
  const first = certificates.find(({ type }) => type === 'CERTIFICATE');
  if (!first) return missingCertificate(certificates.map(({ type }) => type));
  const keys = blocksOf(key);
  const firstKey = keys.find(({ type }) => type.endsWith('PRIVATE KEY'));
  if (!firstKey) return missingKey(keys.map(({ type }) => type));
  const leaf = parsed(() => new X509Certificate(first.text));
  if (!leaf) return 'x509: malformed certificate';
  const privateKey = parsed((): KeyObject => createPrivateKey(firstKey.text));
  if (!privateKey) return 'tls: failed to parse private key';
  if (leaf.publicKey.asymmetricKeyType !== privateKey.asymmetricKeyType)
    return 'tls: private key type does not match public key type';
  return leaf.checkPrivateKey(privateKey) ? undefined : 'tls: private key does not match public key';
}

const missingCertificate = (types: readonly string[]): string => {
  if (types.length === 0) return 'tls: failed to find any PEM data in certificate input';
  if (types.length === 1 && types[0]?.endsWith('PRIVATE KEY'))
    return 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched';
  return `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${types.join(' ')}]`;
};

const missingKey = (types: readonly string[]): string => {
  if (types.length === 0) return 'tls: failed to find any PEM data in key input';
  if (types.length === 1 && types[0] === 'CERTIFICATE')
    return 'tls: found a certificate rather than a key in the PEM for the private key';
  return `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${types.join(' ')}]`;
};

const blocksOf = (pem: string): { type: string; text: string }[] =>
  [...pem.matchAll(/-----BEGIN ([^-]+)-----[\s\S]*?-----END \1-----/g)].map(([text, type = '']) => ({ type, text }));

/** Undefined where OpenSSL rejects the input: its reasons differ from Go's. */
function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
