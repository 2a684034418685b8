import { createHash } from 'node:crypto';
import { type Backend, backendAddress, type ServicePort } from '../services/service-port.ts';

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The first 16 characters of the base32 SHA-256: chain names are limited to 28 characters. */
function shortHash(text: string): string {
  const digest = createHash('sha256').update(text).digest();
  let out = '';
  let bits = 0;
  let value = 0;
  for (const byte of digest) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5 && out.length < 16) {
      out += base32[(value >> (bits - 5)) & 31];
      bits -= 5;
    }
  }
  return out;
}

/** Per-service chains, under the names that administrators know from `iptables-save`. */
export const chainNames = {
  /** All backends. */
  cluster: (port: ServicePort): string => `KUBE-SVC-${shortHash(port.id + port.protocol)}`,
  /** Backends on this node only. */
  local: (port: ServicePort): string => `KUBE-SVL-${shortHash(port.id + port.protocol)}`,
  /** Traffic from outside: node ports, external and load balancer addresses. */
  external: (port: ServicePort): string => `KUBE-EXT-${shortHash(port.id + port.protocol)}`,
  /** Restricts the clients of the load balancer's addresses. */
  firewall: (port: ServicePort): string => `KUBE-FW-${shortHash(port.id + port.protocol)}`,
  backend: (port: ServicePort, backend: Backend): string =>
    `KUBE-SEP-${shortHash(`${port.id}${port.protocol}${backendAddress(backend)}`)}`,
};
