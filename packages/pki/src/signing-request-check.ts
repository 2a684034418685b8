import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';

/**
 * Checks that the first block of a PEM text is a certificate signing request (PKCS #10) signed with its own key. Throws
 * an Error whose message is Go's. Fast enough for the write path, because it reads only the outer structure.
 */
export function checkSigningRequest(pem: string): void {
  const [, label, body = ''] = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n?([\sA-Za-z0-9+/=]*?)-----END \1-----/.exec(pem) ?? [];
  if (label !== 'CERTIFICATE REQUEST') throw new Error('PEM block type must be CERTIFICATE REQUEST');
  readSigningRequest(Buffer.from(body, 'base64')).verify();
}

/** The parts of a certificate signing request. `verify` throws when it is not signed with the key that it contains. */
export interface SignedRequest {
  readonly publicKey: KeyObject;
  verify(): void;
}

/** Reads a request in DER. Throws the errors of {@link checkSigningRequest} if it is malformed. */
export function readSigningRequest(der: Buffer): SignedRequest {
  const request = sequence(whole(der), 'certificateRequest');
  const info = sequence(part(request, 0), 'tbsCertificateRequest');
  const identifier = element(part(sequence(part(request, 1), 'AlgorithmIdentifier'), 0), 0x06, 'ObjectIdentifier');
  const signature = element(part(request, 2), 0x03, 'BitString');
  element(part(info, 0), 0x02, 'int');
  sequence(part(info, 1), 'RawValue');
  const key = sequence(part(info, 2), 'publicKeyInfo');
  let publicKey: KeyObject;
  try {
    publicKey = createPublicKey({ key: key.bytes, format: 'der', type: 'spki' });
  } catch (cause) {
    throw new Error('x509: failed to parse public key', { cause });
  }
  const algorithm = identifier.content.toString('hex');
  return { publicKey, verify: () => checkSignature(publicKey, { algorithm, signed: info.bytes, signature }) };
}

function checkSignature(
  publicKey: KeyObject,
  { algorithm, signed, signature }: { algorithm: string; signed: Buffer; signature: Element },
): void {
  const scheme = schemes[algorithm];
  if (!scheme) throw new Error('x509: cannot verify signature: algorithm unimplemented');
  const kind = publicKey.asymmetricKeyType ?? '';
  if (kind !== scheme.key) {
    const type = goTypes[kind] ?? '<nil>';
    throw new Error(
      `x509: signature algorithm specifies an ${scheme.name} public key, but have public key of type ${type}`,
    );
  }
  // The first byte is the number of unused bits at the end.
  const valid = verify(scheme.hash, signed, { key: publicKey, ...scheme.padding }, signature.content.subarray(1));
  if (!valid) throw new Error(scheme.failure);
}

interface Element {
  readonly tag: number;
  readonly length: number;
  /** The offset of the content. */
  readonly at: number;
  /** The whole element, header included. */
  readonly bytes: Buffer;
  readonly content: Buffer;
  readonly parts: readonly Element[];
}

/** The elements inside, if it is constructed. */
function read(der: Buffer, offset = 0): Element {
  const tag = der[offset];
  let length = der[offset + 1];
  if (tag === undefined || length === undefined) throw truncated();
  let at = offset + 2;
  if (length >= 0x80) {
    const size = length & 0x7f;
    if (size === 0) throw new Error('asn1: syntax error: indefinite length found (not DER)');
    if (size > 4) throw new Error('asn1: structure error: length too large');
    if (at + size > der.length) throw truncated();
    length = der.readUIntBE(at, size);
    at += size;
  }
  const end = at + length;
  if (end > der.length) throw truncated();
  const content = der.subarray(at, end);
  const parts: Element[] = [];
  if (tag & 0x20)
    for (let next = at; next < end; ) {
      const inner = read(der.subarray(0, end), next);
      parts.push(inner);
      next = inner.at + inner.length;
    }
  return { tag, length, at, bytes: der.subarray(offset, end), content, parts };
}

function whole(der: Buffer): Element {
  const found = read(der);
  const isMore = found.tag === 0x30 && found.at + found.length < der.length;
  if (isMore) throw new Error('asn1: syntax error: trailing data');
  return found;
}

const truncated = (): Error => new Error('asn1: syntax error: data truncated');

function part({ parts }: Element, i: number): Element {
  const found = parts[i];
  if (!found) throw new Error('asn1: syntax error: sequence truncated');
  return found;
}

const sequence = (found: Element, name: string): Element => element(found, 0x30, name);

function element(found: Element, tag: number, name: string): Element {
  if (found.tag === tag) return found;
  const shown = `{class:${found.tag >> 6} tag:${found.tag & 0x1f} length:${found.length} isCompound:${(found.tag & 0x20) > 0}}`;
  const wanted =
    '{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false}';
  throw new Error(`asn1: structure error: tags don't match (${tag & 0x1f} vs ${shown}) ${wanted} ${name} @${found.at}`);
}

interface Scheme {
  readonly key: string;
  readonly name: string;
  readonly hash: string | null;
  readonly failure: string;
  readonly padding?: { readonly padding: number; readonly saltLength: number };
}

const goTypes: Readonly<Record<string, string>> = {
  rsa: '*rsa.PublicKey',
  ec: '*ecdsa.PublicKey',
  ed25519: 'ed25519.PublicKey',
};

const rsa = (hash: string): Scheme => ({ key: 'rsa', name: 'RSA', hash, failure: 'crypto/rsa: verification error' });
const ecdsa = (hash: string): Scheme => ({
  key: 'ec',
  name: 'ECDSA',
  hash,
  failure: 'x509: ECDSA verification failure',
});
const ed25519: Scheme = { key: 'ed25519', name: 'Ed25519', hash: null, failure: 'x509: Ed25519 verification failure' };

/** Signature schemes by the encoded bytes of their object identifiers. */
const schemes: Readonly<Record<string, Scheme>> = {
  '2a864886f70d010105': rsa('sha1'),
  '2a864886f70d01010b': rsa('sha256'),
  '2a864886f70d01010c': rsa('sha384'),
  '2a864886f70d01010d': rsa('sha512'),
  '2a864886f70d01010a': {
    ...rsa('sha256'),
    padding: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO },
  },
  '2a8648ce3d0401': ecdsa('sha1'),
  '2a8648ce3d040302': ecdsa('sha256'),
  '2a8648ce3d040303': ecdsa('sha384'),
  '2a8648ce3d040304': ecdsa('sha512'),
  '2b6570': ed25519,
};
