import { defaultKeyAlgorithm, defaultTokenKeyAlgorithm } from '@typernetes/pki';
import type { ClusterConfig, KeyAlgorithm } from './internal.ts';

type Keys = Pick<ClusterConfig, 'encryptionAlgorithm' | 'featureGates'>;

/** What the configuration says for all keys, the deprecated gate before the field; undefined when it says nothing. */
const asked = ({ encryptionAlgorithm, featureGates }: Keys): KeyAlgorithm | undefined =>
  featureGates.PublicKeysECDSA ? 'ECDSA-P256' : encryptionAlgorithm || undefined;

/** Of the keys of authorities, certificates and kubeconfigs. Upstream's default is RSA-2048: docs/decisions/0005-elliptic-keys.md. */
export const certificateKeyAlgorithm = (cluster: Keys): KeyAlgorithm => asked(cluster) ?? defaultKeyAlgorithm;

/** Of `sa.key`, which signs the tokens of service accounts. */
export const tokenKeyAlgorithm = (cluster: Keys): KeyAlgorithm => asked(cluster) ?? defaultTokenKeyAlgorithm;
