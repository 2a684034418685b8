import type { Service } from '@typernetes/api/core/v1';
import { type Clock, isAbort, type Logger } from '@typernetes/base';
import type { KeyReservations } from './key-reservations.ts';
import type { RepairMetrics } from './repair-metrics.ts';
import { holderOf, type ServiceReservations } from './reserved-services.ts';
import { holdingsOf } from './service-allocator.ts';

/** Upstream's interval of its repair loops. */
const intervalMs = 3 * 60_000;

/**
 * Reconciles reservations with services: a server may have died between the two writes. A reservation without a service
 * is freed when seen for the second time, since its service may be about to be written; missing reservations are made.
 */
export class ReservationRepair {
  readonly name = 'service reservations';
  readonly #reservations: ServiceReservations;
  /** All services, including every write acknowledged before the call. */
  readonly #services: () => Promise<readonly Service[]>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #observer: RepairMetrics | undefined;
  #suspects = new Set<string>();

  constructor(
    reservations: ServiceReservations,
    services: () => Promise<readonly Service[]>,
    { clock, log, observer }: { clock: Clock; log: Logger; observer?: RepairMetrics | undefined },
  ) {
    this.#reservations = reservations;
    this.#services = services;
    this.#clock = clock;
    this.#log = log;
    this.#observer = observer;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#clock.sleep(intervalMs, signal);
        await this.repair();
      } catch (error) {
        if (isAbort(error, signal)) return;
        this.#log.error('Cannot repair the reservations of services', error);
      }
    }
  }

  async repair(): Promise<void> {
    const suspects = new Set<string>();
    const { addresses, ports } = this.#reservations;
    const heldAddresses = (service: Service): ReadonlySet<string> => holdingsOf(service).addresses;
    await this.#observed('addresses', this.#repair(addresses, { kind: 'addresses', heldBy: heldAddresses, suspects }));
    const heldPorts = (service: Service): ReadonlySet<number> => holdingsOf(service).ports;
    await this.#observed('ports', this.#repair(ports, { kind: 'ports', heldBy: heldPorts, suspects }));
    this.#suspects = suspects;
  }

  #observed(kind: 'addresses' | 'ports', work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => {
      this.#observer?.failed(kind);
      throw error;
    });
  }

  async #repair<V extends string | number>(
    reservations: KeyReservations<V>,
    {
      kind,
      heldBy,
      suspects,
    }: { kind: 'addresses' | 'ports'; heldBy: (service: Service) => ReadonlySet<V>; suspects: Set<string> },
  ): Promise<void> {
    // First the reservations: a service that is written in between has its own among those not read.
    const reserved = await reservations.list();
    const held = new Map<V, Service>();
    for (const service of await this.#services()) for (const value of heldBy(service)) held.set(value, service);
    for (const reservation of reserved) {
      const { value, holder, revision } = reservation;
      const service = held.get(value);
      if (service?.metadata.name === holder.name && service.metadata.namespace === holder.namespace) continue;
      const suspect = `${kind} ${value} ${revision}`;
      if (this.#suspects.has(suspect)) {
        this.#observer?.found(kind, 'leak');
        await reservations.free(reservation);
      } else suspects.add(suspect);
    }
    const known = new Set(reserved.map(({ value }) => value));
    for (const [value, service] of held) {
      if (known.has(value)) continue;
      this.#observer?.found(kind, 'repair');
      await reservations.take(value, holderOf(service));
    }
  }
}
