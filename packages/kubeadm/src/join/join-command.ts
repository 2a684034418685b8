import { publicKeyHash, readCertificates } from '@typernetes/pki';

/** The additional flags for a control plane. There is no key if certificates are copied by other means. */
export interface ControlPlaneJoin {
  readonly certificateKey?: string;
}

/** The command with which another machine joins, on two lines. */
export function joinCommand(
  of: { address: string; token: string; caCertificate: string },
  controlPlane?: ControlPlaneJoin,
): string {
  const pins = hashes(of.caCertificate).map((hash) => `--discovery-token-ca-cert-hash ${hash}`);
  const key = controlPlane?.certificateKey === undefined ? '' : ` --certificate-key ${controlPlane.certificateKey}`;
  const more = controlPlane ? [`--control-plane${key}`] : [];
  return [`kubeadm join ${of.address} --token ${of.token}`, ...pins, ...more].join(' \\\n\t');
}

/** The same command on one line, as `token create --print-join-command` prints it. */
export function joinCommandLine(
  of: { address: string; token: string; caCertificate: string },
  controlPlane?: ControlPlaneJoin,
): string {
  return joinCommand(of, controlPlane).replaceAll(' \\\n\t', ' ');
}

function hashes(caCertificate: string): string[] {
  return readCertificates(caCertificate).map(publicKeyHash);
}
