import type { Service, ServicePort } from '@typernetes/api/core/v1';
import type { Random } from '@typernetes/base';
import { type FieldProblem, goQuote, internalProblem, invalid, invalidValue } from '@typernetes/machinery';
import type { Allocator, Claim } from '../registry/served-resource.ts';
import { formatIpv4, type Ipv4Range, parseIpv4 } from './ipv4-range.ts';
import { NumberPool, reservedBand } from './number-pool.ts';

export interface ServiceAllocatorOptions {
  readonly addresses: Ipv4Range;
  readonly nodePorts: { readonly first: number; readonly last: number };
  /** The services that exist: what they hold is taken. */
  readonly existing: readonly Service[];
  readonly random: Random;
}

/** What one service holds. */
export interface Holdings {
  readonly addresses: ReadonlySet<number>;
  readonly ports: ReadonlySet<number>;
}

/** What is newly taken. Settling it is immediate. */
export interface ServiceClaim extends Claim, Holdings {
  commit(): void;
  revert(): void;
}

export interface LocalServiceAllocator extends Allocator<Service> {
  claim(next: Service, current: Service | undefined): ServiceClaim;
  release(deleted: Service): void;
  /** Another server wrote a service: `next` is there in place of `before`. */
  observe(next: Service | undefined, before: Service | undefined): void;
}

/**
 * Cluster addresses and node ports. A claim takes effect at once and without waiting, so two writes never get the same value;
 * what is taken follows from the services themselves, so a restart forgets nothing. Where several servers share a store, it is what
 * this server knows of.
 */
export function serviceAllocator(options: ServiceAllocatorOptions): LocalServiceAllocator {
  const { addresses: range, nodePorts, random } = options;
  const addresses = new NumberPool(
    { ...range, reservedBand: reservedBand(range.last - range.first + 1, { min: 16, max: 256, step: 16 }) },
    random,
  );
  const ports = new NumberPool(
    { ...nodePorts, reservedBand: reservedBand(nodePorts.last - nodePorts.first + 1, { min: 16, max: 128, step: 32 }) },
    random,
  );
  for (const service of options.existing) {
    const held = holdingsOf(service);
    for (const address of held.addresses) addresses.take(address);
    for (const port of held.ports) ports.take(port);
  }
  const release = (held: Holdings, kept: Holdings = nothing): void => {
    for (const address of held.addresses) if (!kept.addresses.has(address)) addresses.release(address);
    for (const port of held.ports) if (!kept.ports.has(port)) ports.release(port);
  };

  return {
    claim: (next, current) => {
      const before = current ? holdingsOf(current) : nothing;
      const taken = { addresses: new Set<number>(), ports: new Set<number>() };
      const problems = [
        ...claimAddress(next, current, { before, taken, range, pool: addresses }),
        ...claimPorts(next, current, { before, taken, pool: ports }),
      ];
      const revert = (): void => release(taken);
      if (problems.length > 0) {
        revert();
        throw invalid({ group: '', kind: 'Service' }, next.metadata.name, problems);
      }
      let settled = false;
      const once = (settle: () => void) => (): void => {
        if (!settled) settle();
        settled = true;
      };
      return { ...taken, commit: once(() => release(before, holdingsOf(next))), revert: once(revert) };
    },
    release: (deleted) => release(holdingsOf(deleted)),
    observe: (next, before) => {
      const held = next ? holdingsOf(next) : nothing;
      for (const address of held.addresses) addresses.take(address);
      for (const port of held.ports) ports.take(port);
      if (before) release(holdingsOf(before), held);
    },
  };
}

const nothing: Holdings = { addresses: new Set(), ports: new Set() };

export function holdingsOf({ spec }: Service): Holdings {
  const addresses = (spec?.clusterIPs ?? []).map(parseIpv4).filter((address) => address !== undefined);
  const ports = (spec?.ports ?? []).map(({ nodePort }) => nodePort ?? 0).filter((port) => port > 0);
  const health = spec?.healthCheckNodePort ?? 0;
  return { addresses: new Set(addresses), ports: new Set(health > 0 ? [...ports, health] : ports) };
}

interface Claiming {
  readonly before: Holdings;
  readonly taken: { readonly addresses: Set<number>; readonly ports: Set<number> };
  readonly pool: NumberPool;
}

function claimAddress(
  { spec }: Service,
  current: Service | undefined,
  { before, taken, range, pool }: Claiming & { range: Ipv4Range },
): FieldProblem[] {
  if (!spec) return [];
  if (spec.type === 'ExternalName') {
    if (current && current.spec?.type !== 'ExternalName') {
      delete spec.clusterIP;
      delete spec.clusterIPs;
      delete spec.ipFamilies;
      delete spec.ipFamilyPolicy;
    }
    return [];
  }
  // An update that does not mention the address keeps it.
  if (!spec.clusterIP && current?.spec?.clusterIP) {
    spec.clusterIP = current.spec.clusterIP;
    spec.clusterIPs = [...(current.spec.clusterIPs ?? [current.spec.clusterIP])];
  }
  spec.ipFamilies ??= ['IPv4'];
  spec.ipFamilyPolicy ??= 'SingleStack';
  if (spec.clusterIP === 'None') {
    spec.clusterIPs = ['None'];
    return [];
  }
  if (spec.clusterIP) {
    const problem = takeAddress(spec.clusterIP, { before, taken, range, pool });
    if (problem !== undefined)
      return [invalidClusterIp(spec.clusterIP, `failed to allocate IP ${spec.clusterIP}: ${problem}`)];
  } else {
    const free = pool.takeAny();
    if (free === undefined)
      return [internalProblem('spec.clusterIPs', 'failed to allocate a serviceIP: range is full')];
    taken.addresses.add(free);
    spec.clusterIP = formatIpv4(free);
  }
  spec.clusterIPs = [spec.clusterIP];
  return [];
}

function takeAddress(
  text: string,
  { before, taken, range, pool }: Claiming & { range: Ipv4Range },
): string | undefined {
  const address = parseIpv4(text);
  if (address === undefined || !pool.contains(address))
    return `the provided IP (${text}) is not in the valid range. The range of valid IPs is ${range.text}`;
  if (before.addresses.has(address)) return undefined;
  if (!pool.take(address)) return 'provided IP is already allocated';
  taken.addresses.add(address);
  return undefined;
}

/** Upstream shows the list as Go writes it. */
export function invalidClusterIp(ip: string, why: string): FieldProblem {
  return { type: 'Invalid', field: 'spec.clusterIPs', body: `Invalid value: []string{${goQuote(ip)}}: ${why}` };
}

function claimPorts({ spec }: Service, current: Service | undefined, claiming: Claiming): FieldProblem[] {
  if (!spec) return [];
  const { before, taken, pool } = claiming;
  const wants =
    spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
  const problems: FieldProblem[] = [];
  const given = new Set<number>();
  for (const [i, port] of (spec.ports ?? []).entries()) {
    if (spec.type === 'ExternalName' || spec.type === 'ClusterIP') {
      // A service that becomes internal gives its ports back.
      if (current && current.spec?.type !== spec.type) delete port.nodePort;
      continue;
    }
    if (!port.nodePort && wants) port.nodePort = samePort(port, current, spec.ports ?? [], given);
    if (!port.nodePort) {
      if (!wants) continue;
      const free = pool.takeAny();
      if (free === undefined) {
        problems.push(internalProblem(`spec.ports[${i}].nodePort`, 'failed to allocate a nodePort: range is full'));
        continue;
      }
      taken.ports.add(free);
      port.nodePort = free;
    } else {
      const problem = takePort(port.nodePort, claiming);
      if (problem !== undefined) problems.push(invalidValue(`spec.ports[${i}].nodePort`, port.nodePort, problem));
    }
    given.add(port.nodePort);
  }
  const needsHealthPort = spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
  if (needsHealthPort && !spec.healthCheckNodePort) {
    const kept = current?.spec?.healthCheckNodePort;
    const free = kept || pool.takeAny();
    if (free !== undefined && !before.ports.has(free)) taken.ports.add(free);
    spec.healthCheckNodePort = free;
  }
  return problems;
}

/** The node port that the same port had before, or that its other protocol has in this service. */
function samePort(
  port: ServicePort,
  current: Service | undefined,
  all: readonly ServicePort[],
  given: ReadonlySet<number>,
): number | undefined {
  const before = (current?.spec?.ports ?? []).find(
    (other) => other.port === port.port && (other.protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
  );
  if (before?.nodePort && !given.has(before.nodePort)) return before.nodePort;
  return all.find((other) => other !== port && other.port === port.port && other.protocol !== port.protocol)?.nodePort;
}

function takePort(port: number, { before, taken, pool }: Claiming): string | undefined {
  if (!pool.contains(port))
    return `provided port is not in the valid range. The range of valid ports is ${pool.first}-${pool.last}`;
  // One number may serve several protocols of the same service.
  if (before.ports.has(port) || taken.ports.has(port)) return undefined;
  if (!pool.take(port)) return 'provided port is already allocated';
  taken.ports.add(port);
  return undefined;
}
