import { type Lease, leases } from '@typernetes/api/coordination/v1';
import type { Node } from '@typernetes/api/core/v1';
import { type Clock, type Logger, messageOf, microTimestamp } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { isConflict, isNotFound } from '@typernetes/machinery';
import { limited } from '../lifecycle/limited.ts';

const namespace = 'kube-node-lease';
/**
 * The timeout of a renewal: after it, the request is retried, perhaps over a new connection, before the node counts as
 * lost.
 */
const heartbeatMs = 10_000;

/** Renews the node's lease, the heartbeat that the control plane watches, every quarter of its duration. */
export class NodeLease {
  readonly name = 'node-lease';
  readonly #deps: {
    client: Pick<ApiClient, 'resource'>;
    node: () => Node | undefined;
    clock: Clock;
    log: Logger;
    durationSeconds: number;
  };
  #lease: Lease | undefined;

  constructor(deps: {
    client: Pick<ApiClient, 'resource'>;
    node: () => Node | undefined;
    clock: Clock;
    log: Logger;
    durationSeconds: number;
  }) {
    this.#deps = deps;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, durationSeconds } = this.#deps;
    while (!signal.aborted) {
      let waitMs = (durationSeconds * 1000) / 4;
      try {
        const ms = Math.min(heartbeatMs, durationSeconds * 1000);
        if (!(await limited((scope) => this.#renew(scope), { ms, clock, signal }))) waitMs = 500;
      } catch (error) {
        if (signal.aborted) return;
        log.warn('Cannot renew node lease', { error: messageOf(error) });
        waitMs = 1000;
      }
      await clock.sleep(waitMs, signal).catch(() => {});
    }
  }

  /** False while the node is not registered: the lease belongs to it. */
  async #renew(signal: AbortSignal): Promise<boolean> {
    const node = this.#deps.node();
    if (!node) return false;
    const { name, uid } = node.metadata;
    const leaseApi = this.#deps.client.resource(leases);
    const renewTime = microTimestamp(this.#deps.clock.now());
    try {
      this.#lease ??= await leaseApi.get({ namespace, name }, { signal });
      this.#lease = await leaseApi.update({ ...this.#lease, spec: { ...this.#lease.spec, renewTime } }, { signal });
    } catch (error) {
      const known = this.#lease !== undefined;
      this.#lease = undefined;
      if (isConflict(error) && known) return this.#renew(signal);
      if (!isNotFound(error)) throw error;
      this.#lease = await leaseApi.create(
        {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name, namespace, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }] },
          spec: { holderIdentity: name, leaseDurationSeconds: this.#deps.durationSeconds, renewTime },
        },
        { signal },
      );
    }
    return true;
  }
}
