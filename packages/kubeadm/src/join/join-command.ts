import { publicKeyHash, readCertificates } from '@typernetes/pki';

/** The line with which another machine joins; two lines in a shell's eyes one. */
export function joinCommand(of: { address: string; token: string; caCertificate: string }): string {
  return `kubeadm join ${of.address} --token ${of.token} \\\n\t--discovery-token-ca-cert-hash ${hashes(of.caCertificate).join(' \\\n\t--discovery-token-ca-cert-hash ')}`;
}

/** The same in one line, as `token create --print-join-command` prints it. */
export function joinCommandLine(of: { address: string; token: string; caCertificate: string }): string {
  const pins = hashes(of.caCertificate).map((hash) => `--discovery-token-ca-cert-hash ${hash}`);
  return `kubeadm join ${of.address} --token ${of.token} ${pins.join(' ')}`;
}

function hashes(caCertificate: string): string[] {
  return readCertificates(caCertificate).map(publicKeyHash);
}
