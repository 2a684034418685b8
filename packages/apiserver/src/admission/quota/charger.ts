import { parseAmounts, type QuotaEvaluator } from '@typernetes/api';
import type { ResourceQuota } from '@typernetes/api/core/v1';
import type { LimitedResource } from '@typernetes/api/resourcequota.config/v1';
import { formatQuantity, isConflict, isNotFound } from '@typernetes/machinery';
import type { AdmissionRequest } from '../admission-plugin.ts';
import { refusal } from '../request-target.ts';
import { charge, type RunningQuota } from './check.ts';

export interface ChargerDeps {
  readonly quotas: { inNamespace(namespace: string): readonly ResourceQuota[] };
  /** Stores the status under the quota's resourceVersion; throws Conflict when somebody else was faster. */
  writeStatus(quota: ResourceQuota): Promise<ResourceQuota>;
  readonly limited: readonly LimitedResource[];
  readonly now: () => number;
}

interface Waiting {
  readonly request: AdmissionRequest;
  readonly by: QuotaEvaluator;
  resolve(): void;
  reject(error: unknown): void;
}

const retries = 3;
/** As many as upstream remembers. Forgetting one too early only costs a conflict and a retry. */
const mostWritten = 100;

/**
 * Charges writes to the quotas of their namespace before they are stored. Writes that arrive while a charge is being
 * stored are charged together afterwards, with one write per quota.
 */
export class QuotaCharger {
  readonly #deps: ChargerDeps;
  readonly #waiting = new Map<string, Waiting[]>();
  /** Quotas that this server has written and its cache may not show yet. */
  readonly #written = new Map<string, ResourceQuota>();

  constructor(deps: ChargerDeps) {
    this.#deps = deps;
  }

  /** Resolves when the write is paid for; rejects with Forbidden when a quota refuses it. */
  charge(request: AdmissionRequest, by: QuotaEvaluator): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry: Waiting = { request, by, resolve, reject };
      const batch = this.#waiting.get(request.namespace);
      if (batch) {
        batch.push(entry);
        return;
      }
      this.#waiting.set(request.namespace, [entry]);
      void this.#drain(request.namespace);
    });
  }

  async #drain(namespace: string): Promise<void> {
    for (;;) {
      const batch = this.#waiting.get(namespace) ?? [];
      if (batch.length === 0) break;
      this.#waiting.set(namespace, []);
      try {
        await this.#settle(this.#current(namespace), batch, retries);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#waiting.delete(namespace);
  }

  #current(namespace: string): RunningQuota[] {
    return this.#deps.quotas.inNamespace(namespace).map((cached) => {
      const key = `${namespace}/${cached.metadata.name}`;
      const written = this.#written.get(key);
      const isNewer =
        written !== undefined &&
        written.metadata.uid === cached.metadata.uid &&
        Number(written.metadata.resourceVersion) > Number(cached.metadata.resourceVersion);
      if (written && !isNewer) this.#written.delete(key);
      const quota = isNewer ? written : cached;
      return { quota, used: parseAmounts(quota.status?.used) };
    });
  }

  /** The cache shows the write within moments; a deleted quota is never read again. */
  #remember(key: string, written: ResourceQuota): void {
    this.#written.delete(key);
    this.#written.set(key, written);
    for (const oldest of this.#written.keys()) {
      if (this.#written.size <= mostWritten) break;
      this.#written.delete(oldest);
    }
  }

  async #settle(quotas: readonly RunningQuota[], batch: readonly Waiting[], left: number): Promise<void> {
    let running = quotas;
    const paying: Waiting[] = [];
    for (const entry of batch) {
      const { request, by } = entry;
      const result = charge(running, request, { by, limited: this.#deps.limited, now: this.#deps.now() });
      if ('refused' in result) entry.reject(refusal(request, result.refused));
      else if (request.dryRun || result.quotas === running) entry.resolve();
      else {
        running = result.quotas;
        paying.push(entry);
      }
    }
    if (paying.length === 0) return;
    const failed = await this.#store(running, quotas);
    if (!failed) {
      for (const { resolve } of paying) resolve();
      return;
    }
    if (left === 0) throw failed.error;
    // The other quotas are charged already: retry only those that somebody else has changed.
    const namespace = (batch[0] as Waiting).request.namespace;
    const again = this.#current(namespace).filter(({ quota }) => failed.names.has(quota.metadata.name));
    await this.#settle(again, paying, left - 1);
  }

  async #store(
    running: readonly RunningQuota[],
    before: readonly RunningQuota[],
  ): Promise<{ names: ReadonlySet<string>; error: unknown } | undefined> {
    const names = new Set<string>();
    let lastError: unknown;
    for (const { quota, used } of running) {
      const old = before.find((one) => one.quota === quota)?.used;
      if (old === used) continue;
      const shown = Object.fromEntries(Object.entries(used).map(([name, amount]) => [name, formatQuantity(amount)]));
      try {
        const written = await this.#deps.writeStatus({ ...quota, status: { ...quota.status, used: shown } });
        this.#remember(`${quota.metadata.namespace}/${quota.metadata.name}`, written);
      } catch (error) {
        if (!isConflict(error) && !isNotFound(error)) throw error;
        this.#written.delete(`${quota.metadata.namespace}/${quota.metadata.name}`);
        names.add(quota.metadata.name);
        lastError = error;
      }
    }
    return names.size > 0 ? { names, error: lastError } : undefined;
  }
}
