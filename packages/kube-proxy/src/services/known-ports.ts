import type { Service } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import type { IpFamily } from '@typernetes/base';
import { type ServicePort, servicePorts } from './service-port.ts';

/** Joins services with their slices; recomputes a service only when it or one of its slices has changed. */
export class KnownPorts {
  readonly #family: IpFamily;
  readonly #known = new WeakMap<
    Service,
    { readonly slices: readonly EndpointSlice[]; readonly ports: readonly ServicePort[] }
  >();

  constructor(family: IpFamily) {
    this.#family = family;
  }

  /** The ports of a service; the same objects as before where nothing has changed. */
  of(service: Service, slices: readonly EndpointSlice[]): readonly ServicePort[] {
    const known = this.#known.get(service);
    if (known?.slices.length === slices.length && slices.every((slice, at) => slice === known.slices[at]))
      return known.ports;
    const ports = servicePorts(service, slices, this.#family);
    this.#known.set(service, { slices, ports });
    return ports;
  }
}
