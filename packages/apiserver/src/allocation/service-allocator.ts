import type { Service, ServicePort } from '@typernetes/api/core/v1';
import { serviceAddressProblems } from '@typernetes/api/validation';
import type { Clock, IpFamily, Random } from '@typernetes/base';
import { type FieldProblem, internalProblem, invalid, invalidValue, StatusError } from '@typernetes/machinery';
import type { Allocator, Claim } from '../registry/served-resource.ts';
import { AddressPool } from './address-pool.ts';
import { type AddressRange, canonicalIp, isCoveredBy } from './address-range.ts';
import type { AllocationScope, AllocatorMetrics } from './allocator-metrics.ts';
import { settleFamilies } from './ip-families.ts';
import { NumberPool, reservedBand } from './number-pool.ts';

interface ServiceAllocatorOptions {
  /** One range per family; the first is the default. */
  readonly addresses: readonly AddressRange[];
  readonly nodePorts: { readonly first: number; readonly last: number };
  /** The existing services, whose values are allocated. */
  readonly existing: readonly Service[];
  readonly random: Random;
  readonly observer?: { readonly metrics: AllocatorMetrics; readonly clock: Pick<Clock, 'monotonic'> };
}

/** The values that one service holds. */
export interface Holdings {
  /** In canonical form. */
  readonly addresses: ReadonlySet<string>;
  readonly ports: ReadonlySet<number>;
}

/** The newly claimed values. Committing or reverting them is immediate. */
export interface ServiceClaim extends Claim, Holdings {
  commit(): void;
  revert(): void;
}

export interface LocalServiceAllocator extends Allocator<Service> {
  claim(next: Service, current: Service | undefined): ServiceClaim;
  release(deleted: Service): void;
  /** Another server wrote a service: `next` is there in place of `before`. */
  observe(next: Service | undefined, before: Service | undefined): void;
  /** Sets the additional ranges to allocate addresses from. */
  extend(ranges: readonly AddressRange[]): void;
}

/**
 * Allocates cluster IPs and node ports. A claim takes effect at once and synchronously, so two writes never get the
 * same value; the state is derived from the services, so a restart loses nothing. If several servers share a store,
 * this only covers what this server knows.
 */
export function serviceAllocator(options: ServiceAllocatorOptions): LocalServiceAllocator {
  const { nodePorts, random } = options;
  /** Includes addresses of removed ranges: services keep them. */
  const addresses = new Set<string>();
  const poolsOf = (ranges: readonly AddressRange[]): AddressPool[] =>
    ranges.map((range) => new AddressPool(range, { random, taken: addresses }));
  const own = poolsOf(options.addresses);
  const families = own.map(({ range }) => range.family);
  let pools: readonly AddressPool[] = own;
  const ports = new NumberPool(
    { ...nodePorts, reservedBand: reservedBand(nodePorts.last - nodePorts.first + 1, { min: 16, max: 128, step: 32 }) },
    random,
  );
  options.observer?.metrics.collectFrom(() => pools, ports);
  for (const service of options.existing) {
    const held = holdingsOf(service);
    for (const address of held.addresses) addresses.add(address);
    for (const port of held.ports) ports.take(port);
  }
  const release = (held: Holdings, kept: Holdings = nothing): void => {
    for (const address of held.addresses) if (!kept.addresses.has(address)) addresses.delete(address);
    for (const port of held.ports) if (!kept.ports.has(port)) ports.release(port);
  };

  /** The allocated values, or the failed ones, which count for the range of the first family. */
  const report = (service: Service, asked: Holdings, taken: Holdings | undefined, seconds = 0): void => {
    const { metrics } = options.observer ?? {};
    if (!metrics) return;
    const scopeOf = (given: boolean): AllocationScope => (given ? 'static' : 'dynamic');
    if (taken) {
      for (const address of taken.addresses) {
        const cidr = poolOf(pools, address)?.range.text ?? '';
        metrics.address(cidr, scopeOf(asked.addresses.has(address)), seconds);
      }
      for (const port of taken.ports) metrics.port(scopeOf(asked.ports.has(port)), false);
      return;
    }
    const [address] = asked.addresses;
    const pool = (address === undefined ? undefined : poolOf(pools, address)) ?? pools[0];
    if (asked.ports.size > 0) metrics.port('static', true);
    else if (pool && service.spec?.type !== 'ExternalName')
      metrics.address(pool.range.text, scopeOf(address !== undefined), undefined);
  };

  return {
    claim: (next, current) => {
      const before = current ? holdingsOf(current) : nothing;
      const taken = { addresses: new Set<string>(), ports: new Set<number>() };
      const startedAt = options.observer?.clock.monotonic() ?? 0;
      const asked = askedBy(next);
      const problems = [
        ...claimAddresses(next, current, { before, taken, pools, families }),
        ...claimPorts(next, current, { before, taken, pool: ports }),
      ];
      const untaken = problems.length > 0 ? undefined : claimHealthPort(next, current, { taken, pool: ports });
      const revert = (): void => release(taken);
      if (problems.length > 0 || untaken !== undefined) {
        revert();
        report(next, asked, undefined);
        throw untaken === undefined
          ? invalid({ group: '', kind: 'Service' }, next.metadata.name, problems)
          : new StatusError('InternalError', `Internal error occurred: ${untaken}`);
      }
      let settled = false;
      const once = (settle: () => void) => (): void => {
        if (!settled) settle();
        settled = true;
      };
      return {
        ...taken,
        commit: once(() => {
          release(before, holdingsOf(next));
          report(next, asked, taken, ((options.observer?.clock.monotonic() ?? 0) - startedAt) / 1000);
        }),
        revert: once(revert),
      };
    },
    release: (deleted) => release(holdingsOf(deleted)),
    observe: (next, before) => {
      const held = next ? holdingsOf(next) : nothing;
      for (const address of held.addresses) addresses.add(address);
      for (const port of held.ports) ports.take(port);
      if (before) release(holdingsOf(before), held);
    },
    extend: (ranges) => {
      const known = new Set(own.map(({ range }) => range.text));
      pools = [...own, ...poolsOf(ranges.filter(({ text }) => !known.has(text)))];
    },
  };
}

/** The values that a service requests explicitly, before anything is filled in. */
const askedBy = (service: Service): Holdings => {
  const { clusterIP, clusterIPs } = service.spec ?? {};
  const held = holdingsOf(service);
  const given = [clusterIP, ...(clusterIPs ?? [])].map((one) => one && canonicalIp(one)).filter((one) => !!one);
  return { ...held, addresses: new Set(given as string[]) };
};

const nothing: Holdings = { addresses: new Set(), ports: new Set() };

export function holdingsOf({ spec }: Service): Holdings {
  const addresses = (spec?.clusterIPs ?? []).map(canonicalIp).filter((address) => address !== undefined);
  const ports = (spec?.ports ?? []).map(({ nodePort }) => nodePort ?? 0).filter((port) => port > 0);
  const health = spec?.healthCheckNodePort ?? 0;
  return { addresses: new Set(addresses), ports: new Set(health > 0 ? [...ports, health] : ports) };
}

interface Claiming {
  readonly before: Holdings;
  readonly taken: { readonly addresses: Set<string>; readonly ports: Set<number> };
}

/** The pool of an address; undefined for one of a removed range. */
const poolOf = (pools: readonly AddressPool[], address: string): AddressPool | undefined =>
  pools.find((pool) => pool.contains(address));

function claimAddresses(
  service: Service,
  current: Service | undefined,
  claiming: Claiming & { pools: readonly AddressPool[]; families: readonly IpFamily[] },
): FieldProblem[] {
  const { spec } = service;
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
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  const wrong = [...serviceAddressProblems(spec, current?.spec?.clusterIPs)];
  if (wrong.length > 0) return wrong;
  const problems = settleFamilies(service, current?.spec, claiming.families);
  if (problems.length > 0 || spec.clusterIP === 'None') return problems;
  for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
    const asked = spec.clusterIPs?.[i];
    const pools = claiming.pools.filter(({ range }) => range.family === family);
    if (asked !== undefined) {
      const problem = takeAddress(asked, { ...claiming, pools });
      if (problem !== undefined)
        return [invalidClusterIp(spec.clusterIPs ?? [], `failed to allocate IP ${asked}: ${problem}`)];
      continue;
    }
    const free = anyOf(pools);
    if (free === undefined)
      return [internalProblem('spec.clusterIPs', 'failed to allocate a serviceIP: range is full')];
    claiming.taken.addresses.add(free);
    spec.clusterIPs = [...(spec.clusterIPs ?? []), free];
  }
  spec.clusterIP = spec.clusterIPs?.[0];
  return [];
}

/** From the first range with a free address. */
function anyOf(pools: readonly AddressPool[]): string | undefined {
  for (const pool of pools) {
    const free = pool.takeAny();
    if (free !== undefined) return free;
  }
  return undefined;
}

function takeAddress(
  text: string,
  { before, taken, pools }: Claiming & { readonly pools: readonly AddressPool[] },
): string | undefined {
  const address = canonicalIp(text);
  if (address !== undefined && before.addresses.has(address)) return undefined;
  const pool = address === undefined ? undefined : poolOf(pools, address);
  if (address === undefined || !pool) {
    const around = pools.find(({ range }) => isCoveredBy(text, range));
    if (!around) return 'the provided network does not match the current range';
    return `the provided IP (${text}) is not in the valid range. The range of valid IPs is ${around.range.text}`;
  }
  if (!pool.take(address)) return 'provided IP is already allocated';
  taken.addresses.add(address);
  return undefined;
}

export const invalidClusterIp = (ips: readonly string[], why: string): FieldProblem =>
  invalidValue('spec.clusterIPs', ips, why);

type ClaimingPorts = Claiming & { readonly pool: NumberPool };

function claimPorts({ spec }: Service, current: Service | undefined, claiming: ClaimingPorts): FieldProblem[] {
  if (!spec) return [];
  const { taken, pool } = claiming;
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
  return problems;
}

const needsHealthPort = ({ spec }: Service): boolean =>
  spec?.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';

/** Why it cannot be allocated; upstream words this error separately. */
function claimHealthPort(
  service: Service,
  current: Service | undefined,
  { taken, pool }: Pick<ClaimingPorts, 'taken' | 'pool'>,
): string | undefined {
  const { spec } = service;
  if (!spec || !needsHealthPort(service)) return undefined;
  if (current && needsHealthPort(current)) {
    spec.healthCheckNodePort ||= current.spec?.healthCheckNodePort;
    return undefined;
  }
  const asked = spec.healthCheckNodePort;
  if (asked) {
    const problem = pool.contains(asked) ? (pool.take(asked) ? undefined : allocated) : outsideOf(pool);
    if (problem !== undefined) return `failed to allocate requested HealthCheck NodePort ${asked}: ${problem}`;
  } else {
    spec.healthCheckNodePort = pool.takeAny();
    if (spec.healthCheckNodePort === undefined) return 'failed to allocate a HealthCheck NodePort 0: range is full';
  }
  taken.ports.add(spec.healthCheckNodePort as number);
  return undefined;
}

const allocated = 'provided port is already allocated';
const outsideOf = ({ first, last }: NumberPool): string =>
  `provided port is not in the valid range. The range of valid ports is ${first}-${last}`;

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

function takePort(port: number, { before, taken, pool }: ClaimingPorts): string | undefined {
  if (!pool.contains(port)) return outsideOf(pool);
  // Several protocols of the same service may share one number.
  if (before.ports.has(port) || taken.ports.has(port)) return undefined;
  if (!pool.take(port)) return allocated;
  taken.ports.add(port);
  return undefined;
}
