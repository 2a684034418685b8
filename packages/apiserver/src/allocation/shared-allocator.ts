import { type Service, services } from '@typernetes/api/core/v1';
import { ipaddresses, type ServiceCIDR, servicecidrs } from '@typernetes/api/networking/v1';
import { type Clock, type Logger, type Random, type Runnable, systemRandom } from '@typernetes/base';
import type { Informers } from '@typernetes/client';
import { findCondition, type ResourceType } from '@typernetes/machinery';
import type { Metrics } from '@typernetes/process';
import type { Allocator } from '../registry/served-resource.ts';
import type { ResourceStorage } from '../storage/resource-storage.ts';
import { type AddressRange, parseAddressRanges } from './address-range.ts';
import { allocatorMetrics } from './allocator-metrics.ts';
import { KeyReservations } from './key-reservations.ts';
import { repairMetrics } from './repair-metrics.ts';
import { addressFormat, portFormat } from './reservation-formats.ts';
import { ReservationRepair } from './reservation-repair.ts';
import { reservedServices } from './reserved-services.ts';
import { serviceAllocator } from './service-allocator.ts';

export interface SharedAllocator {
  readonly allocator: Allocator;
  /** Runs the repair again and again. */
  readonly background: Runnable;
  /** Call it before the first request: makes the reservations of existing services. */
  repair(): Promise<void>;
}

/** The allocator of cluster IPs and node ports for a server that may share its store with others. */
export function sharedAllocator(
  ranges: { readonly ipRange: string; readonly nodePorts: string },
  access: {
    readonly informers: Informers;
    readonly storageOf: (type: ResourceType<unknown>) => ResourceStorage;
    readonly clock: Clock;
    readonly log: Logger;
    readonly random?: Random;
    readonly metrics?: Metrics;
  },
): SharedAllocator {
  const { informers, storageOf, clock, log, random = systemRandom, metrics } = access;
  const addresses = parseAddressRanges(ranges.ipRange);
  if (!addresses) throw new Error(`Cannot use "${ranges.ipRange}" as the range of service addresses`);
  const [first = 0, last = 0] = ranges.nodePorts.split('-').map(Number);
  const { store, feed } = storageOf(services).deps;
  const known = informers.for<Service>(services);
  const local = serviceAllocator({
    addresses,
    nodePorts: { first, last },
    existing: known.lister.list(),
    random,
    ...(metrics ? { observer: { metrics: allocatorMetrics(metrics), clock } } : {}),
  });
  known.onEvent({
    added: (service) => local.observe(service, undefined),
    updated: (service, before) => local.observe(service, before),
    deleted: (service) => local.observe(undefined, service),
  });
  const cidrs = informers.for<ServiceCIDR>(servicecidrs);
  const extend = (): void => local.extend(readyRanges(cidrs.lister.list()));
  cidrs.onEvent({ added: extend, updated: extend, deleted: extend });
  extend();
  const reservations = {
    addresses: new KeyReservations(storageOf(ipaddresses).deps.store, addressFormat(storageOf(ipaddresses), clock)),
    ports: new KeyReservations(store, portFormat(feed.root)),
  };
  const current = async (): Promise<readonly Service[]> => {
    await feed.untilCurrent();
    return known.lister.list();
  };
  const repair = new ReservationRepair(reservations, current, {
    clock,
    log,
    observer: metrics && repairMetrics(metrics),
  });
  return {
    allocator: reservedServices(local, { ...reservations, log }) as Allocator,
    background: repair,
    repair: () => repair.repair(),
  };
}

/**
 * The ranges to allocate addresses from: not those that are being deleted. If no range has a condition, no controller
 * is running, and all count as ready (upstream: cidrallocator.go).
 */
export function readyRanges(cidrs: readonly ServiceCIDR[]): readonly AddressRange[] {
  const ranges = cidrs
    .filter(({ metadata, status }) => {
      const ready = findCondition(status?.conditions, 'Ready');
      return metadata.deletionTimestamp === undefined && (ready === undefined || ready.status === 'True');
    })
    .flatMap(({ spec }) => spec.cidrs ?? [])
    .flatMap((cidr) => parseAddressRanges(cidr) ?? []);
  return [...new Map(ranges.map((range) => [range.text, range])).values()];
}
