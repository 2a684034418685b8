import type { CertificateSigningRequest } from '@typernetes/api/certificates/v1';
import type { SigningRequest } from '@typernetes/pki';
import type { RequestedNames } from './signers.ts';

/** Decodes the PKCS #10 request of an object. Throws when it is malformed or its signature is wrong. */
export async function readRequest({ spec }: CertificateSigningRequest): Promise<{
  readonly request: SigningRequest;
  readonly names: RequestedNames;
}> {
  const { parseSigningRequest } = await import('@typernetes/pki'); // loaded when the first request comes
  const request = await parseSigningRequest(Buffer.from(spec.request, 'base64').toString('utf8'));
  return { request, names: request };
}
