import type { IncomingMessage, ServerResponse } from 'node:http';
import { type IpFamily, type Logger, messageOf } from '@typernetes/base';
import { listen } from '@typernetes/process';
import { type ServicePort, usableBackends } from '../services/service-port.ts';

/** A service whose load balancer asks each node whether it has backends. */
interface HealthCheck {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  /** The number of backends on this node. */
  readonly local: number;
}

/** The health checks of the services with externalTrafficPolicy Local. Pure. */
export function healthChecks(ports: readonly ServicePort[], nodeName: string): ReadonlyMap<number, HealthCheck> {
  const addresses = new Map<number, Set<string>>();
  const checks = new Map<number, HealthCheck>();
  for (const { healthCheckNodePort: port, externalPolicyLocal, service, backends } of ports) {
    if (port === 0 || !externalPolicyLocal) continue;
    const known = addresses.get(port) ?? new Set<string>();
    addresses.set(port, known);
    for (const { ip } of usableBackends(backends.filter((backend) => backend.nodeName === nodeName))) known.add(ip);
    checks.set(port, { ...service, port, local: known.size });
  }
  return checks;
}

/** Serves the health check ports of services. */
export class HealthCheckPorts {
  readonly #log: Logger;
  readonly #isHealthy: () => boolean;
  readonly #checks = new Map<IpFamily, ReadonlyMap<number, HealthCheck>>();
  readonly #opening = new Set<number>();
  readonly #open = new Map<number, { readonly stop: AbortController; readonly done: Promise<void> }>();

  /** `isHealthy`: whether the packet rules on this node are up to date. */
  constructor({ log, isHealthy }: { readonly log: Logger; readonly isHealthy: () => boolean }) {
    this.#log = log;
    this.#isHealthy = isHealthy;
  }

  /**
   * Opens new ports and closes those that no family uses any more; a port that is taken is retried with the next sync.
   */
  async sync(family: IpFamily, own: ReadonlyMap<number, HealthCheck>): Promise<void> {
    this.#checks.set(family, own);
    const checks = new Map([...this.#checks.values()].flatMap((all) => [...all]));
    for (const [port, { stop, done }] of this.#open) {
      if (checks.has(port)) continue;
      stop.abort();
      this.#open.delete(port);
      await done;
    }
    for (const [port, { namespace, name }] of checks) {
      if (this.#open.has(port) || this.#opening.has(port)) continue;
      const service = `${namespace}/${name}`;
      this.#opening.add(port);
      try {
        const server = await listen({
          name: service,
          address: '0.0.0.0',
          port,
          handle: (_, to) => this.#answer(port, to),
        });
        const stop = new AbortController();
        this.#open.set(port, { stop, done: server.run(stop.signal) });
      } catch (error) {
        this.#log.warn('Cannot listen on health check port', { service, port, error: messageOf(error) });
      } finally {
        this.#opening.delete(port);
      }
    }
  }

  #answer(port: number, response: ServerResponse<IncomingMessage>): void {
    const checks = [...this.#checks.values()].flatMap((all) => all.get(port) ?? []);
    const { namespace = '', name = '' } = checks[0] ?? {};
    // A dual-stack service has each backend twice.
    const local = Math.max(0, ...checks.map((check) => check.local));
    const serviceProxyHealthy = this.#isHealthy();
    response.writeHead(local > 0 && serviceProxyHealthy ? 200 : 503, {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
      'X-Load-Balancing-Endpoint-Weight': String(local),
    });
    response.end(
      JSON.stringify({ service: { namespace, name }, localEndpoints: local, serviceProxyHealthy }, null, '\t'),
    );
  }
}
