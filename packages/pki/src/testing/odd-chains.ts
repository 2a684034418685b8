import { createPublicKey, type KeyObject } from 'node:crypto';
import type { AlternativeNames } from '../alternative-names.ts';
import type { Identity } from '../identity.ts';
import {
  alternativeNames,
  nameOf,
  type Subject,
  signingAlgorithm,
  toCryptoKey,
  type Validity,
  x509,
} from '../issue.ts';
import { newPrivateKey, privateKeyPem, readPrivateKey } from '../key-pair.ts';

/** An intermediate CA, signed by `root`. */
export async function intermediateAuthority(root: Identity, options: Subject & Validity): Promise<Identity> {
  const lib = await x509();
  const key = await newPrivateKey();
  const issuer = new lib.X509Certificate(root.certificate);
  const signer = readPrivateKey(root.privateKey);
  const certificate = await signed(
    { key, signer, subject: nameOf(options), issuer: issuer.subjectName.toJSON() },
    options,
    [
      new lib.BasicConstraintsExtension(true, undefined, true),
      new lib.KeyUsagesExtension(lib.KeyUsageFlags.keyCertSign, true),
    ],
  );
  return { certificate, privateKey: privateKeyPem(key) };
}

export interface NamelessChain {
  readonly authority: Identity;
  readonly leaf: Identity;
}

/**
 * A CA with an empty name, and a server certificate with an empty subject signed by it, as operators make them that
 * rely on alternative names.
 */
export async function namelessChain(options: Validity & AlternativeNames): Promise<NamelessChain> {
  const lib = await x509();
  const [signer, key] = [await newPrivateKey(), await newPrivateKey()];
  const authority = await signed(
    { key: signer, signer, subject: [], issuer: nameOf({ commonName: 'Nobody' }) },
    options,
    [new lib.BasicConstraintsExtension(true), new lib.KeyUsagesExtension(lib.KeyUsageFlags.keyCertSign)],
  );
  const leaf = await signed({ key, signer, subject: [], issuer: [] }, options, [
    new lib.SubjectAlternativeNameExtension(alternativeNames(options)),
  ]);
  return {
    authority: { certificate: authority, privateKey: privateKeyPem(signer) },
    leaf: { certificate: leaf, privateKey: privateKeyPem(key) },
  };
}

type Library = Awaited<ReturnType<typeof x509>>;
type Names = ReturnType<typeof nameOf>;

async function signed(
  { key, signer, subject, issuer }: { key: KeyObject; signer: KeyObject; subject: Names; issuer: Names },
  { notBefore, notAfter }: Validity,
  extensions: InstanceType<Library['Extension']>[],
): Promise<string> {
  const lib = await x509();
  const certificate = await lib.X509CertificateGenerator.create({
    serialNumber: '01',
    subject,
    issuer,
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    publicKey: toCryptoKey(createPublicKey(key)),
    signingKey: toCryptoKey(signer),
    signingAlgorithm: signingAlgorithm(signer),
    extensions,
  });
  return certificate.toString('pem');
}
