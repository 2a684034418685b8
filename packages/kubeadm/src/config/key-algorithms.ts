import { defaultKeyAlgorithm, defaultTokenKeyAlgorithm } from '@typernetes/pki';
import type { ClusterConfig, KeyAlgorithm } from './internal.ts';

type Keys = Pick<ClusterConfig, 'encryptionAlgorithm' | 'featureGates'>;

/** The algorithm configured for all keys; the deprecated feature gate takes precedence over the field. Undefined if neither is set. */
const asked = ({ encryptionAlgorithm, featureGates }: Keys): KeyAlgorithm | undefined =>
  featureGates.PublicKeysECDSA ? 'ECDSA-P256' : encryptionAlgorithm || undefined;

/** The algorithm for keys of authorities, certificates and kubeconfigs. Our default differs from upstream's RSA-2048: docs/decisions/0005-elliptic-keys.md. */
export const certificateKeyAlgorithm = (cluster: Keys): KeyAlgorithm => asked(cluster) ?? defaultKeyAlgorithm;

/** The algorithm for `sa.key`, which signs service account tokens. */
export const tokenKeyAlgorithm = (cluster: Keys): KeyAlgorithm => asked(cluster) ?? defaultTokenKeyAlgorithm;
