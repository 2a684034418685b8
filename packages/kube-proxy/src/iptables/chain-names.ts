import { chainHash } from '../rules/chain-hash.ts';
import { type Backend, backendAddress, type ServicePort } from '../services/service-port.ts';

/** Chain names have at most 28 characters: what they are for, and 16 of a hash. */
const hash = (text: string): string => chainHash(text, 16);

/** Per-service chains, under the names that administrators know from `iptables-save`. */
export const chainNames = {
  /** All backends. */
  cluster: (port: ServicePort): string => `KUBE-SVC-${hash(port.id + port.protocol)}`,
  /** Backends on this node only. */
  local: (port: ServicePort): string => `KUBE-SVL-${hash(port.id + port.protocol)}`,
  /** Traffic from outside: node ports, external and load balancer addresses. */
  external: (port: ServicePort): string => `KUBE-EXT-${hash(port.id + port.protocol)}`,
  /** Restricts the clients of the load balancer's addresses. */
  firewall: (port: ServicePort): string => `KUBE-FW-${hash(port.id + port.protocol)}`,
  backend: (port: ServicePort, backend: Backend): string =>
    `KUBE-SEP-${hash(`${port.id}${port.protocol}${backendAddress(backend)}`)}`,
};
