import type { Service } from '@typernetes/api/core/v1';
import type { Logger } from '@typernetes/base';
import { type FieldProblem, invalid, invalidValue, reasonOf } from '@typernetes/machinery';
import type { Allocator, Claim } from '../registry/served-resource.ts';
import { canonicalIp } from './address-range.ts';
import type { Holder, KeyReservations } from './key-reservations.ts';
import {
  type Holdings,
  holdingsOf,
  invalidClusterIp,
  type LocalServiceAllocator,
  type ServiceClaim,
} from './service-allocator.ts';

/** How often another free value is tried when another server was faster. */
const attempts = 20;

export interface ServiceReservations {
  readonly addresses: KeyReservations<string>;
  readonly ports: KeyReservations<number>;
}

export const holderOf = ({ metadata }: Service): Holder => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name ?? '',
});

/**
 * Allocates cluster IPs and node ports among several servers. `local` chooses by what this server knows; a choice
 * becomes valid once it is reserved in the store, where each value exists once.
 */
export function reservedServices(
  local: LocalServiceAllocator,
  { addresses, ports, log }: ServiceReservations & { readonly log: Logger },
): Allocator<Service> {
  const free = async (values: Holdings, holder: Holder): Promise<void> => {
    try {
      for (const address of values.addresses) await addresses.freeOf(address, holder);
      for (const port of values.ports) await ports.freeOf(port, holder);
    } catch (error) {
      // The service's old values are stored already and stay; the repair frees them.
      log.error('Cannot free what a service held', error, { service: `${holder.namespace}/${holder.name}` });
    }
  };
  return {
    claim: async (next, current, options): Promise<Claim> => {
      const asked = structuredClone(next.spec);
      const holder = holderOf(next);
      // Claims that met a taken value are kept until the end, so that the next attempt chooses another.
      const failed: ServiceClaim[] = [];
      try {
        for (let attempt = 1; ; attempt++) {
          const claim = local.claim(next, current);
          if (options.dryRun) return claim;
          const taken = await reserve(claim, { addresses, ports }, holder);
          if (!('value' in taken)) return settled(claim, taken, () => free(withoutKept(current, next), holder));
          failed.push(claim);
          const problem = problemOfAsked(asked, taken);
          if (problem || attempt === attempts)
            throw invalid({ group: '', kind: 'Service' }, holder.name, problem ? [problem] : []);
          next.spec = structuredClone(asked);
        }
      } finally {
        for (const claim of failed) claim.revert();
      }
    },
    release: async (deleted) => {
      local.release(deleted);
      await free(holdingsOf(deleted), holderOf(deleted));
    },
  };
}

/** Frees the reserved values. */
type Free = () => Promise<void>;

type Taken =
  | { readonly kind: 'addresses'; readonly value: string }
  | { readonly kind: 'ports'; readonly value: number };

/** All that the claim took, or the first value that somebody else has. */
async function reserve(
  claim: ServiceClaim,
  { addresses, ports }: ServiceReservations,
  holder: Holder,
): Promise<readonly Free[] | Taken> {
  const made: Free[] = [];
  const take = async <V extends string | number>(of: KeyReservations<V>, value: V): Promise<boolean> => {
    const reservation = await of.take(value, holder);
    if (reservation) made.push(() => of.free(reservation));
    return reservation !== undefined;
  };
  for (const value of claim.addresses) {
    if (await take(addresses, value)) continue;
    await freeAll(made);
    return { kind: 'addresses', value };
  }
  for (const value of claim.ports) {
    if (await take(ports, value)) continue;
    await freeAll(made);
    return { kind: 'ports', value };
  }
  return made;
}

async function freeAll(made: readonly Free[]): Promise<void> {
  for (const free of made) await free();
}

function settled(claim: ServiceClaim, made: readonly Free[], freeOld: () => Promise<void>): Claim {
  let open = true;
  return {
    commit: async () => {
      if (!open) return;
      open = false;
      claim.commit();
      await freeOld();
    },
    revert: async (cause) => {
      if (!open) return;
      open = false;
      claim.revert();
      // Nobody knows whether the write happened: the repair finds out.
      if (cause !== undefined && reasonOf(cause) === undefined) return;
      await freeAll(made);
    },
  };
}

/** The values that `current` holds and `next` does not. */
function withoutKept(current: Service | undefined, next: Service): Holdings {
  if (!current) return { addresses: new Set(), ports: new Set() };
  const [before, after] = [holdingsOf(current), holdingsOf(next)];
  return { addresses: before.addresses.difference(after.addresses), ports: before.ports.difference(after.ports) };
}

/** An explicitly requested value cannot be replaced by another. */
function problemOfAsked(asked: Service['spec'], { kind, value }: Taken): FieldProblem | undefined {
  if (kind === 'addresses') {
    const ips = asked?.clusterIPs?.length ? asked.clusterIPs : asked?.clusterIP ? [asked.clusterIP] : [];
    return ips.some((ip) => canonicalIp(ip) === value)
      ? invalidClusterIp(ips, `failed to allocate IP ${value}: provided IP is already allocated`)
      : undefined;
  }
  const index = (asked?.ports ?? []).findIndex(({ nodePort }) => nodePort === value);
  if (index < 0) return undefined;
  return invalidValue(`spec.ports[${index}].nodePort`, value, 'provided port is already allocated');
}
