import type { ClusterTrustBundle } from '@typernetes/api/certificates/v1beta1';
import type {
  ConfigMap,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodCertificateProjection,
  Secret,
} from '@typernetes/api/core/v1';

/** Reads the objects behind volumes. Lookups reject with NotFound for missing objects. */
export interface VolumeSources {
  configMap(namespace: string, name: string): Promise<ConfigMap>;
  secret(namespace: string, name: string): Promise<Secret>;
  claim(namespace: string, name: string): Promise<PersistentVolumeClaim>;
  persistentVolume(name: string): Promise<PersistentVolume>;
  trustBundle(name: string): Promise<ClusterTrustBundle>;
  trustBundles(): Promise<readonly ClusterTrustBundle[]>;
  /** A key and a certificate for it, from the signer that the source of the volume names; renewed in good time. */
  certificate(pod: Pod, volume: string, source: PodCertificateProjection): Promise<IssuedCertificate>;
  /** A token for the pod's service account, bound to the pod; kept and renewed in good time. */
  token(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<IssuedToken>;
}

export interface IssuedCertificate {
  /** PEM, PKCS #8. */
  readonly privateKey: string;
  /** PEM, the pod's own first. */
  readonly certificateChain: string;
}

export interface IssuedToken {
  readonly token: string;
  /** RFC 3339. */
  readonly expirationTimestamp: string;
}
