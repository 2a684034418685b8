import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { PodCertificateRequest } from '@typernetes/api/certificates/v1beta1';
import { type FieldProblem, invalidValue, omittedValue, tooLong } from '@typernetes/machinery';
import { readSigningRequest, type SignedRequest } from '@typernetes/pki';

type Spec = PodCertificateRequest['spec'];

const maxBytes = 10 * 1024;
const pkixPath = 'spec.pkixPublicKey';
const proofPath = 'spec.proofOfPossession';
const stubPath = 'spec.stubPKCS10Request';
const unknownKey = 'unknown public key type; supported types are Ed25519, ECDSA, and RSA';
const curves = ['prime256v1', 'secp384r1', 'secp521r1'];

/**
 * The problems with a request's key: its type, its strength, and the proof of possession. Only the first problem is
 * returned. Upstream: validateDeprecatedPKIXPublicKey, validateStubPKCS10Request.
 */
export function podCertificateKeyProblems(spec: Spec): FieldProblem[] {
  if (spec.stubPKCS10Request) return stubProblems(spec.stubPKCS10Request);
  return spec.pkixPublicKey && spec.proofOfPossession ? keyProblems(spec) : [];
}

function keyProblems({ pkixPublicKey = '', proofOfPossession = '', podUID }: Spec): FieldProblem[] {
  const [der, proof] = [Buffer.from(pkixPublicKey, 'base64'), Buffer.from(proofOfPossession, 'base64')];
  if (der.length > maxBytes) return [tooLong(pkixPath, maxBytes)];
  if (proof.length > maxBytes) return [tooLong(proofPath, maxBytes)];
  const key = publicKeyOf(der);
  if (!key) return [invalidValue(pkixPath, pkixPublicKey, 'must be a valid PKIX-serialized public key')];
  const curveDetail = 'elliptic public keys must use curve P256 or P384';
  const weak = strengthProblems(key, { at: pkixPath, value: pkixPublicKey, curveDetail });
  if (weak.length > 0 || proves(key, proof, podUID)) return weak;
  return [invalidValue(proofPath, omittedValue, 'could not verify proof-of-possession signature')];
}

/** The public key in `der`, as SubjectPublicKeyInfo; undefined if it is invalid. */
export function publicKeyOf(der: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

/** Whoever has the private key signed the UID of the pod with it. */
function proves(key: KeyObject, proof: Buffer, podUID: string): boolean {
  const signed = Buffer.from(podUID);
  if (key.asymmetricKeyType === 'ed25519') return verify(null, signed, key, proof);
  if (key.asymmetricKeyType === 'ec') return verify('sha256', signed, key, proof);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return verify('sha256', signed, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_AUTO }, proof);
}

function stubProblems(request: string): FieldProblem[] {
  const der = Buffer.from(request, 'base64');
  if (der.length > maxBytes) return [tooLong(stubPath, maxBytes)];
  let stub: SignedRequest;
  try {
    stub = readSigningRequest(der);
  } catch {
    return [invalidValue(stubPath, request, 'must be a valid PKCS#10 CSR')];
  }
  const curveDetail = 'elliptic public keys must use curve P256, P384, or P521';
  const weak = strengthProblems(stub.publicKey, { at: stubPath, value: request, curveDetail });
  if (weak.length > 0) return weak;
  try {
    stub.verify();
    return [];
  } catch {
    return [invalidValue(stubPath, omittedValue, 'invalid signature')];
  }
}

function strengthProblems(
  key: KeyObject,
  { at, value, curveDetail }: { at: string; value: string; curveDetail: string },
): FieldProblem[] {
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return [];
    case 'ec':
      return curves.includes(namedCurve) ? [] : [invalidValue(at, `curve ${namedCurve}`, curveDetail)];
    case 'rsa': {
      const strong = modulusLength === 3072 || modulusLength === 4096;
      const detail = 'RSA keys must have modulus size 3072 or 4096';
      return strong ? [] : [invalidValue(at, `${modulusLength}-bit modulus`, detail)];
    }
    default:
      return [invalidValue(at, value, unknownKey)];
  }
}
