export type { AlternativeNames } from './alternative-names.ts';
export {
  type BootstrapToken,
  bootstrapTokenIdPattern,
  bootstrapTokenSecretName,
  clusterInfoSignatureKey,
  formatBootstrapToken,
  newBootstrapToken,
  parseBootstrapToken,
  signDetached,
  verifyDetached,
} from './bootstrap-token.ts';
export { componentIdentity } from './component-identity.ts';
export { type IdentityFiles, identityFiles, readIdentity, writeKeyFile } from './files.ts';
export type { Identity } from './identity.ts';
export {
  CertificateError,
  type CertificateInfo,
  inspectCertificate,
  publicKeyHash,
  readCertificates,
  type VerifyOptions,
  verifyCertificate,
} from './inspect.ts';
export {
  createAuthority,
  createLeaf,
  isUsage,
  type LeafOptions,
  type Subject,
  signCertificate,
  type Usage,
  type Validity,
} from './issue.ts';
export { decodeJwt, type JwtClaims, keyIdOf, nameKey, signJwt, type UnverifiedJwt, verifyJwt } from './jwt.ts';
export { isPublicKeyAlgorithm, isSignedBy, type PublicKeyAlgorithm, publicKeyAlgorithms } from './jwt-signature.ts';
export { keptServing } from './kept-serving.ts';
export {
  defaultKeyAlgorithm,
  defaultTokenKeyAlgorithm,
  type KeyAlgorithm,
  newPrivateKey,
  privateKeyPem,
  publicKeyPem,
  readPrivateKey,
  readPublicKeys,
} from './key-pair.ts';
export { type KeySet, keySetOf } from './key-set.ts';
export { pairProblem } from './pair-problem.ts';
export { type PemBlock, pemBlocks } from './pem.ts';
export { selfSignedServing } from './self-signed.ts';
export { createSigningRequest, parseSigningRequest, type SigningRequest, signRequest } from './signing-request.ts';
export { checkSigningRequest, readSigningRequest, type SignedRequest } from './signing-request-check.ts';
