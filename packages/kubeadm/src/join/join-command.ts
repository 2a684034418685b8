import { publicKeyHash, readCertificates } from '@typernetes/pki';

/** What the line for a control plane has more. The key is missing when the certificates go another way. */
export interface ControlPlaneJoin {
  readonly certificateKey?: string;
}

/** The line with which another machine joins; two lines in a shell's eyes one. */
export function joinCommand(
  of: { address: string; token: string; caCertificate: string },
  controlPlane?: ControlPlaneJoin,
): string {
  const pins = hashes(of.caCertificate).map((hash) => `--discovery-token-ca-cert-hash ${hash}`);
  const key = controlPlane?.certificateKey === undefined ? '' : ` --certificate-key ${controlPlane.certificateKey}`;
  const more = controlPlane ? [`--control-plane${key}`] : [];
  return [`kubeadm join ${of.address} --token ${of.token}`, ...pins, ...more].join(' \\\n\t');
}

/** The same in one line, as `token create --print-join-command` prints it. */
export function joinCommandLine(
  of: { address: string; token: string; caCertificate: string },
  controlPlane?: ControlPlaneJoin,
): string {
  return joinCommand(of, controlPlane).replaceAll(' \\\n\t', ' ');
}

function hashes(caCertificate: string): string[] {
  return readCertificates(caCertificate).map(publicKeyHash);
}
