import type { ServicePort } from '../services/service-port.ts';
import type { ProxyNode } from './proxy-node.ts';

/** Remembers what was planned for each service port: of thousands, a change concerns one or two. */
export class PortMemory<T> {
  readonly #plan: (port: ServicePort, node: ProxyNode) => T;
  #facts = '';
  #known = new WeakMap<ServicePort, T>();

  constructor(plan: (port: ServicePort, node: ProxyNode) => T) {
    this.#plan = plan;
  }

  /** What is planned for each port. One that is the same object as before is not looked at again, unless the node is another. */
  of(ports: readonly ServicePort[], node: ProxyNode): T[] {
    const facts = JSON.stringify(node);
    if (facts !== this.#facts) this.#known = new WeakMap();
    this.#facts = facts;
    return ports.map((port) => {
      const known = this.#known.get(port) ?? this.#plan(port, node);
      this.#known.set(port, known);
      return known;
    });
  }
}
