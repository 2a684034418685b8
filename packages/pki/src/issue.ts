import { createPublicKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type * as X509 from '@peculiar/x509';
import type { AlternativeNames } from './alternative-names.ts';
import type { Identity } from './identity.ts';
import { type KeyAlgorithm, newPrivateKey, privateKeyPem, readPrivateKey } from './key-pair.ts';

/** The subject of a certificate. The API server reads the common name as the user and the organizations as groups. */
export interface Subject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

/** When a certificate is valid, in milliseconds since the epoch. Certificates hold whole seconds. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Key usages, by the names of certificates.k8s.io. */
const keyUsages = {
  signing: 'digitalSignature',
  'digital signature': 'digitalSignature',
  'content commitment': 'nonRepudiation',
  'key encipherment': 'keyEncipherment',
  'key agreement': 'keyAgreement',
  'data encipherment': 'dataEncipherment',
  'cert sign': 'keyCertSign',
  'crl sign': 'cRLSign',
  'encipher only': 'encipherOnly',
  'decipher only': 'decipherOnly',
} as const;

export const extendedKeyUsages = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
} as const;

export type Usage = keyof typeof keyUsages | keyof typeof extendedKeyUsages;

export function isUsage(usage: string): usage is Usage {
  return Object.hasOwn(keyUsages, usage) || Object.hasOwn(extendedKeyUsages, usage);
}

export interface LeafOptions extends Subject, Validity, AlternativeNames {
  readonly usages: readonly Usage[];
}

/** Loaded on demand: the library takes 60 ms to load, and programs that only verify never need it. */
export async function x509(): Promise<typeof X509> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

/** A self-signed CA as kubeadm makes it: the common name is also one of its DNS names. */
export async function createAuthority(
  options: Subject & Validity,
  algorithm?: KeyAlgorithm | { privateKey: string },
): Promise<Identity> {
  const lib = await x509();
  const key = typeof algorithm === 'object' ? readPrivateKey(algorithm.privateKey) : await newPrivateKey(algorithm);
  const publicKey = toCryptoKey(createPublicKey(key));
  const certificate = await lib.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: nameOf(options),
    issuer: nameOf(options),
    notBefore: new Date(options.notBefore),
    notAfter: new Date(options.notAfter),
    publicKey,
    signingKey: toCryptoKey(key),
    signingAlgorithm: signingAlgorithm(key),
    extensions: [
      ...keyUsageExtensions(lib, ['digital signature', 'key encipherment', 'cert sign']),
      new lib.BasicConstraintsExtension(true, undefined, true),
      await lib.SubjectKeyIdentifierExtension.create(publicKey),
      new lib.SubjectAlternativeNameExtension([{ type: 'dns', value: options.commonName }]),
    ],
  });
  return { certificate: pemOf(certificate), privateKey: privateKeyPem(key) };
}

/** A new key and a certificate for it, signed by `authority`. */
export async function createLeaf(
  authority: Identity,
  options: LeafOptions,
  algorithm?: KeyAlgorithm,
): Promise<Identity> {
  const key = await newPrivateKey(algorithm);
  const certificate = await signCertificate(authority, createPublicKey(key), options);
  return { certificate, privateKey: privateKeyPem(key) };
}

/** A certificate (PEM) for the given public key, signed by `authority`. */
export async function signCertificate(
  authority: Identity,
  publicKey: KeyObject,
  options: LeafOptions,
): Promise<string> {
  const lib = await x509();
  const signingKey = readPrivateKey(authority.privateKey);
  const issuer = new lib.X509Certificate(authority.certificate);
  const extended = options.usages.filter((usage) => Object.hasOwn(extendedKeyUsages, usage));
  const names = alternativeNames(options);
  const certificate = await lib.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: nameOf(options),
    issuer: issuer.subjectName.toJSON(),
    notBefore: new Date(options.notBefore),
    notAfter: new Date(options.notAfter),
    publicKey: toCryptoKey(publicKey),
    signingKey: toCryptoKey(signingKey),
    signingAlgorithm: signingAlgorithm(signingKey),
    extensions: [
      ...keyUsageExtensions(lib, options.usages),
      ...(extended.length > 0
        ? [
            new lib.ExtendedKeyUsageExtension(
              extended.map((u) => extendedKeyUsages[u as keyof typeof extendedKeyUsages]),
            ),
          ]
        : []),
      new lib.BasicConstraintsExtension(false, undefined, true),
      await lib.AuthorityKeyIdentifierExtension.create(toCryptoKey(createPublicKey(signingKey))),
      ...(names.length > 0 ? [new lib.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  return pemOf(certificate);
}

/** One multi-valued O, then CN: the order that Go writes. */
export function nameOf(subject: Subject): X509.JsonName {
  const organizations = subject.organizations ?? [];
  return [
    ...(organizations.length > 0 ? [{ O: [...organizations] }] : []),
    ...(subject.commonName ? [{ CN: [subject.commonName] }] : []),
  ];
}

export function alternativeNames(names: AlternativeNames): X509.JsonGeneralNames {
  for (const address of names.ipAddresses ?? []) {
    if (isIP(address) === 0) throw new Error(`Cannot put "${address}" into a certificate: not an IP address`);
  }
  return [
    ...(names.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(names.emailAddresses ?? []).map((value) => ({ type: 'email' as const, value })),
    ...(names.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
    ...(names.uris ?? []).map((value) => ({ type: 'url' as const, value })),
  ];
}

/** The same key for WebCrypto, usable for signing (private) or verifying (public). */
export function toCryptoKey(key: KeyObject): CryptoKey {
  const usage = key.type === 'private' ? 'sign' : 'verify';
  return key.toCryptoKey(signingAlgorithm(key), true, [usage]) as CryptoKey;
}

const ofCurve: Readonly<Record<string, readonly [hash: string, name: string]>> = {
  secp384r1: ['SHA-384', 'P-384'],
  secp521r1: ['SHA-512', 'P-521'],
};

export function signingAlgorithm(key: KeyObject): { name: string; hash: string; namedCurve: string } {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', namedCurve: '' };
  if (key.asymmetricKeyType === 'ed25519') return { name: 'Ed25519', hash: '', namedCurve: '' };
  const [hash, namedCurve] = ofCurve[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? ['SHA-256', 'P-256'];
  return { name: 'ECDSA', hash, namedCurve };
}

/** No extension without usages: OpenSSL rejects a certificate with an empty one. */
function keyUsageExtensions(lib: typeof X509, usages: readonly Usage[]): X509.Extension[] {
  let flags = 0;
  for (const usage of usages) {
    if (Object.hasOwn(keyUsages, usage)) flags |= lib.KeyUsageFlags[keyUsages[usage as keyof typeof keyUsages]];
  }
  return flags === 0 ? [] : [new lib.KeyUsagesExtension(flags, true)];
}

/** A positive random serial number of 63 bits, as upstream draws it. */
function serialNumber(): string {
  const bytes = randomBytes(8);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

/** PEM with lines of 64 columns and a final newline, whatever the library's own format. */
function pemOf(certificate: X509.X509Certificate): string {
  return new X509Certificate(Buffer.from(certificate.rawData)).toString();
}
