import { chainHash } from '../rules/chain-hash.ts';
import type { Backend, ServicePort } from '../services/service-port.ts';
import { affinityPrefix } from './table.ts';

/** What the kernel takes, less the longest prefix. */
const longestBase = 256 - 16;

/** The hash tells names apart that are cut off or differ in one digit. */
function base(text: string): string {
  const name = `${chainHash(text, 8)}-${text}`;
  return name.length > longestBase ? `${name.slice(0, longestBase - 3)}...` : name;
}

/** `namespace/service/protocol/port`; the name of the port may be empty. */
function pathOf({ service, protocol, id }: ServicePort): string {
  const [, name = ''] = id.split(':');
  return `${service.namespace}/${service.name}/${protocol}/${name}`;
}

/** Names of chains have no colons. */
const endpointOf = (port: ServicePort, { ip, port: number }: Backend): string =>
  base(`${pathOf(port)}__${ip.replaceAll(':', '.')}/${number}`);

/** The names of a Service's chains and sets, which administrators know from `nft list table ip kube-proxy`. */
export const chainNames = {
  /** All backends. */
  cluster: (port: ServicePort): string => `service-${base(pathOf(port))}`,
  /** Backends on this node only. */
  local: (port: ServicePort): string => `local-${base(pathOf(port))}`,
  /** Traffic from outside: node ports, external and load balancer addresses. */
  external: (port: ServicePort): string => `external-${base(pathOf(port))}`,
  /** Restricts the clients of the load balancer's addresses. */
  firewall: (port: ServicePort): string => `firewall-${base(pathOf(port))}`,
  backend: (port: ServicePort, backend: Backend): string => `endpoint-${endpointOf(port, backend)}`,
  /** The set of the clients that stay with the backend. */
  affinity: (port: ServicePort, backend: Backend): string => `${affinityPrefix}${endpointOf(port, backend)}`,
};
