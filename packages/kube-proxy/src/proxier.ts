import { type Node, nodes, type Service, services } from '@typernetes/api/core/v1';
import { type EndpointSlice, endpointslices } from '@typernetes/api/discovery/v1';
import { type ServiceCIDR, servicecidrs } from '@typernetes/api/networking/v1';
import { type Clock, type IpFamily, isAbort, type Logger, type Runnable } from '@typernetes/base';
import type { Informer, Informers } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import { type HealthCheckPorts, healthChecks } from './health/health-check-ports.ts';
import { isEligible } from './health/proxy-health.ts';
import { PendingChanges } from './pending-changes.ts';
import type { ProxyMetrics } from './proxy-metrics.ts';
import { nodePortAddresses } from './rules/node-port-addresses.ts';
import { type PodDetection, podDetector } from './rules/pod-detector.ts';
import type { ProxyNode } from './rules/proxy-node.ts';
import type { ServiceRules, SyncExtent } from './rules/service-rules.ts';
import { KnownPorts } from './services/known-ports.ts';
import { isOfFamily, type ServicePort } from './services/service-port.ts';
import { staleUdpFlows, type UdpFlows } from './services/udp-flows.ts';

export interface ProxierDeps {
  readonly informers: Informers;
  /** The kernel's rules of the address family in the options. */
  readonly rules: ServiceRules;
  /** Has the kernel forget UDP flows of that family. */
  readonly forgetUdpFlows: (flows: UdpFlows) => Promise<void>;
  /** Shared by the families. */
  readonly healthPorts: Pick<HealthCheckPorts, 'sync'>;
  readonly metrics?: ProxyMetrics | undefined;
  /** The addresses of this machine's interfaces. */
  readonly localAddresses: () => readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ProxierOptions {
  readonly family: IpFamily;
  readonly node: Pick<ProxyNode, 'name' | 'localhostNodePorts' | 'masqueradeAll' | 'masqueradeBit'>;
  readonly podDetection: PodDetection;
  /** Address ranges on which node ports answer; empty: all addresses. */
  readonly nodePortAddresses: readonly string[];
  /** Changes within this time are applied together. Milliseconds. */
  readonly minSyncPeriodMs: number;
  /** Whether rules depend on the ranges of cluster IPs. */
  readonly serviceCIDRs: boolean;
  /** It is checked this often whether our rules are still there, because other programs flush tables. Milliseconds. */
  readonly syncPeriodMs: number;
}

/** All rules are written anew this often, whatever the check finds, as upstream does. Milliseconds. */
const fullPeriodMs = 3_600_000;

const zoneLabel = 'topology.kubernetes.io/zone';
const serviceNameLabel = 'kubernetes.io/service-name';
const byService = 'service';

/** Keeps the node's packet rules of one address family in sync with Services and EndpointSlices. */
export class Proxier implements Runnable {
  readonly name = 'kube-proxy';
  readonly #options: ProxierOptions;
  readonly #deps: ProxierDeps;
  #ports: readonly ServicePort[] = [];
  #dirty = true;
  #wake: (() => void) | undefined;
  #lastSync: number | undefined;
  readonly #known: KnownPorts;
  /** What the latest sync set out to do. */
  #attempt: SyncExtent = 'full';
  /** When the next check is due, and when all rules are to be written anew, by the monotonic clock. */
  #checkAt = 0;
  #fullAt = 0;
  /** Since when syncs have failed, by the monotonic clock. */
  #failingSince: number | undefined;
  #node: Informer<Node> | undefined;
  #pending: PendingChanges | undefined;

  constructor(options: ProxierOptions, deps: ProxierDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#known = new KnownPorts(options.family);
  }

  /** The time of the last successful sync, in milliseconds since the epoch. */
  get lastSync(): number | undefined {
    return this.#lastSync;
  }

  /** Whether syncs succeed, or have failed for less than two sync periods, as upstream. */
  get healthy(): boolean {
    if (this.#lastSync === undefined) return false;
    const since = this.#failingSince;
    return since === undefined || this.#deps.clock.monotonic() - since < 2 * this.#options.syncPeriodMs;
  }

  /** Whether load balancers should send new connections to this node. */
  get nodeEligible(): boolean {
    return isEligible(this.#node?.lister.get(this.#options.node.name));
  }

  async run(signal: AbortSignal): Promise<void> {
    const { informers, clock, log } = this.#deps;
    const slices = informers.for<EndpointSlice>(endpointslices);
    slices.addIndex(byService, (slice) => {
      const service = slice.metadata.labels?.[serviceNameLabel];
      return service ? [`${slice.metadata.namespace}/${service}`] : [];
    });
    const changed = (): void => {
      this.#dirty = true;
      this.#wake?.();
    };
    const { metrics } = this.#deps;
    const pending = new PendingChanges(clock.now());
    this.#pending = pending;
    const report = (what: 'service' | 'endpoint'): void => {
      metrics?.changed(what, this.#options.family, clock.now());
      metrics?.pending(pending.services, pending.endpoints);
      changed();
    };
    const serviceChanged = (service: Service): void => {
      pending.service(keyOf(service));
      report('service');
    };
    const sliceChanged = (slice: EndpointSlice): void => {
      pending.slice(`${slice.metadata.namespace}/${slice.metadata.labels?.[serviceNameLabel]}`, slice);
      report('endpoint');
    };
    const { name } = this.#options.node;
    this.#node = informers.for<Node>(nodes, { fieldSelector: `metadata.name=${name}` });
    let known = '';
    const lookAtNode = (): void => {
      const facts = JSON.stringify(this.#nodeFacts);
      if (known === facts) return;
      known = facts;
      changed();
    };
    const nodeEvents = { added: lookAtNode, updated: lookAtNode, deleted: lookAtNode };
    const stops = [
      this.#node.onEvent(nodeEvents),
      informers
        .for<Service>(services)
        .onEvent({ added: serviceChanged, updated: serviceChanged, deleted: serviceChanged }),
      slices.onEvent({ added: sliceChanged, updated: sliceChanged, deleted: sliceChanged }),
      ...(this.#options.serviceCIDRs
        ? [informers.for<ServiceCIDR>(servicecidrs).onEvent({ added: changed, updated: changed, deleted: changed })]
        : []),
    ];
    signal.addEventListener('abort', changed, { once: true });
    try {
      await informers.untilSynced(signal);
      while (!signal.aborted) {
        try {
          await this.#sync();
          this.#failingSince = undefined;
        } catch (error) {
          log.error('Failed to sync packet rules', error);
          this.#deps.metrics?.failed(this.#options.family, this.#attempt);
          this.#failingSince ??= clock.monotonic();
          this.#checkAt = 0;
          this.#fullAt = 0;
          this.#dirty = true;
          await clock.sleep(1000, signal);
        }
        await clock.sleep(this.#options.minSyncPeriodMs, signal);
        if (!this.#dirty) await this.#untilDirty();
      }
    } catch (error) {
      if (!isAbort(error, signal)) throw error;
    } finally {
      for (const stop of stops) stop();
      await this.#deps.healthPorts.sync(this.#options.family, new Map());
    }
  }

  /** The facts about this node that the rules depend on. */
  get #nodeFacts(): { zone: string | undefined; podCIDRs: readonly string[]; addresses: readonly string[] } {
    const node = this.#node?.lister.get(this.#options.node.name);
    return {
      zone: node?.metadata.labels?.[zoneLabel],
      podCIDRs: node?.spec?.podCIDRs ?? [],
      addresses: (node?.status?.addresses ?? []).flatMap(({ type, address }) =>
        type === 'InternalIP' ? [address] : [],
      ),
    };
  }

  get #proxyNode(): ProxyNode {
    const { family, node, podDetection, nodePortAddresses: ranges } = this.#options;
    const { zone, podCIDRs, addresses } = this.#nodeFacts;
    const machine = { local: ranges.length === 0 ? [] : this.#deps.localAddresses(), primary: addresses };
    return {
      ...node,
      family,
      zone,
      addresses: addresses.filter((address) => isOfFamily(address, family)),
      serviceCIDRs: this.#serviceCIDRs,
      pods: podDetector(podDetection, family, podCIDRs),
      nodePortAddresses: nodePortAddresses(ranges, family, machine),
    };
  }

  /** The ranges of this family. */
  get #serviceCIDRs(): readonly string[] {
    if (!this.#options.serviceCIDRs) return [];
    const { lister } = this.#deps.informers.for<ServiceCIDR>(servicecidrs);
    const ranges = lister.list().flatMap(({ spec }) => spec?.cidrs ?? []);
    return [...new Set(ranges)].filter((range) => isOfFamily(range, this.#options.family)).sort();
  }

  async #sync(): Promise<void> {
    const { rules, forgetUdpFlows, metrics, clock, log } = this.#deps;
    const { family } = this.#options;
    const started = clock.monotonic();
    this.#dirty = false;
    const triggers = this.#pending?.settle() ?? [];
    metrics?.pending(0, 0);
    const ports = this.#servicePorts();
    // It is due even if changes never let the wait run out.
    const check = started >= this.#checkAt;
    const full = check && started >= this.#fullAt;
    this.#attempt = full ? 'full' : 'partial';
    if (check) this.#checkAt = started + this.#options.syncPeriodMs;
    const { bytes, extent, counts } = await rules.sync(ports, this.#proxyNode, { check, full });
    if (extent === 'full') this.#fullAt = started + fullPeriodMs;
    for (const flows of staleUdpFlows(this.#ports, ports)) await forgetUdpFlows(flows);
    this.#ports = ports;
    await this.#deps.healthPorts.sync(this.#options.family, healthChecks(ports, this.#options.node.name));
    this.#lastSync = clock.now();
    metrics?.synced(family, { seconds: (clock.monotonic() - started) / 1000, at: this.#lastSync, extent });
    for (const at of triggers) metrics?.programmed(family, (this.#lastSync - at) / 1000);
    if (counts) metrics?.rules(family, counts);
    metrics?.withoutLocal(family, withoutLocal(ports, this.#options.node.name));
    if (bytes > 0) log.debug('Synced packet rules', { servicePorts: ports.length, bytes });
  }

  #servicePorts(): ServicePort[] {
    const { informers } = this.#deps;
    const slices = informers.for<EndpointSlice>(endpointslices).lister;
    return informers
      .for<Service>(services)
      .lister.list()
      .flatMap((service) => this.#known.of(service, slices.byIndex(byService, keyOf(service))))
      .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.protocol < b.protocol ? -1 : 1));
  }

  async #untilDirty(): Promise<void> {
    const { clock } = this.#deps;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(Math.max(0, this.#checkAt - clock.monotonic()), resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}

/** The number of services that want backends on this node only, but have all their backends elsewhere. */
function withoutLocal(ports: readonly ServicePort[], node: string): { internal: number; external: number } {
  const lacking = ports.filter(
    ({ backends }) =>
      backends.some(({ ready }) => ready) && !backends.some(({ ready, nodeName }) => ready && nodeName === node),
  );
  const isOpen = ({ nodePort, externalIPs, loadBalancerIPs }: ServicePort): boolean =>
    nodePort > 0 || externalIPs.length + loadBalancerIPs.length > 0;
  return {
    internal: lacking.filter(({ internalPolicyLocal }) => internalPolicyLocal).length,
    external: lacking.filter((port) => port.externalPolicyLocal && isOpen(port)).length,
  };
}
