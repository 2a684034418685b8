import { createPublicKey, type KeyObject } from 'node:crypto';
import type { AlternativeNames } from './alternative-names.ts';
import type { Identity } from './identity.ts';
import {
  alternativeNames,
  nameOf,
  type Subject,
  signCertificate,
  signingAlgorithm,
  toCryptoKey,
  type Usage,
  type Validity,
  x509,
} from './issue.ts';
import { readPrivateKey } from './key-pair.ts';

/** The contents of a certificate signing request (PKCS #10). */
export interface SigningRequest extends Required<Subject>, Required<AlternativeNames> {
  readonly publicKey: KeyObject;
}

/** A PEM `CERTIFICATE REQUEST` for the private key (PEM), signed with it. */
export async function createSigningRequest(privateKey: string, subject: Subject & AlternativeNames): Promise<string> {
  const lib = await x509();
  const key = readPrivateKey(privateKey);
  const names = alternativeNames(subject);
  const request = await lib.Pkcs10CertificateRequestGenerator.create({
    name: nameOf(subject),
    keys: { privateKey: toCryptoKey(key), publicKey: toCryptoKey(createPublicKey(key)) },
    signingAlgorithm: signingAlgorithm(key),
    extensions: names.length > 0 ? [new lib.SubjectAlternativeNameExtension(names)] : [],
  });
  return `${request.toString('pem').trim()}\n`;
}

/** Reads a PEM `CERTIFICATE REQUEST` and checks that it is signed with its own key. Throws an Error with the reason. */
export async function parseSigningRequest(pem: string): Promise<SigningRequest> {
  const lib = await x509();
  if (!/-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(pem)) {
    throw new Error('PEM block type must be CERTIFICATE REQUEST');
  }
  const request = new lib.Pkcs10CertificateRequest(pem);
  if (!(await request.verify()))
    throw new Error('Cannot accept certificate request: its signature does not match its key');
  const sans = [...request.extensions].flatMap((extension) =>
    extension instanceof lib.SubjectAlternativeNameExtension ? extension.names.toJSON() : [],
  );
  const valuesOf = (type: string): string[] => sans.filter((name) => name.type === type).map((name) => name.value);
  return {
    commonName: request.subjectName.getField('CN')[0] ?? '',
    organizations: request.subjectName.getField('O'),
    dnsNames: valuesOf('dns'),
    ipAddresses: valuesOf('ip'),
    emailAddresses: valuesOf('email'),
    uris: valuesOf('url'),
    publicKey: createPublicKey({ key: Buffer.from(request.publicKey.rawData), type: 'spki', format: 'der' }),
  };
}

/** Signs a request with the usages and validity that the signer decides. Returns a PEM certificate. */
export function signRequest(
  authority: Identity,
  request: SigningRequest,
  options: Validity & { readonly usages: readonly Usage[] },
): Promise<string> {
  const { publicKey, ...wanted } = request;
  return signCertificate(authority, publicKey, { ...wanted, ...options });
}
