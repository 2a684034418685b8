import { createHash, randomUUID } from 'node:crypto';
import { type Lease, leases } from '@typernetes/api/coordination/v1';
import { type Clock, isAbort, type Logger, microTimestamp, type Runnable } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { isAlreadyExists, isConflict, isNotFound } from '@typernetes/machinery';

interface IdentityLeaseOptions {
  readonly client: Pick<ApiClient, 'resource'>;
  readonly hostname: string;
  readonly durationSeconds: number;
  readonly renewMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

const namespace = 'kube-system';
const labels = { 'apiserver.kubernetes.io/identity': 'kube-apiserver' };
/** Leases that nobody renews are removed this often. */
const collectMs = 3_600_000;

const base32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** The identity of a server in its cluster: upstream's hash of the machine's name. */
export function serverId(hostname: string): string {
  let text = '';
  let [bits, count] = [0, 0];
  for (const byte of createHash('sha256').update(hostname).digest().subarray(0, 16)) {
    bits = (bits << 8) | byte;
    for (count += 8; count >= 5; count -= 5) text += base32[(bits >> (count - 5)) & 31];
    bits &= (1 << count) - 1;
  }
  if (count > 0) text += base32[(bits << (5 - count)) & 31];
  return `apiserver-${text}`;
}

/** Whether nobody has renewed the lease for its duration. */
function hasExpired({ spec }: Pick<Lease, 'spec'>, now: number): boolean {
  if (!spec?.renewTime || spec.leaseDurationSeconds === undefined) return true;
  return Date.parse(spec.renewTime) + spec.leaseDurationSeconds * 1000 < now;
}

/** Before the namespace is looked for again. */
const namespacePauseMs = 500;

/**
 * Renews this server's lease in kube-system, by which a cluster knows its API servers; removes those of servers that
 * are gone.
 */
export class IdentityLease implements Runnable {
  readonly name = 'apiserver identity';
  readonly #options: IdentityLeaseOptions;
  readonly #lease: string;
  readonly #holder: string;

  constructor(options: IdentityLeaseOptions) {
    this.#options = options;
    this.#lease = serverId(options.hostname);
    this.#holder = `${this.#lease}_${randomUUID()}`;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, renewMs } = this.#options;
    let collectedAt = clock.monotonic();
    for (;;) {
      try {
        await this.renew();
        if (clock.monotonic() - collectedAt >= collectMs) {
          collectedAt = clock.monotonic();
          await this.collect();
        }
      } catch (error) {
        if (isAbort(error, signal)) throw error;
        // The first server of a cluster is still making the namespace.
        if (isNotFound(error)) {
          await clock.sleep(namespacePauseMs, signal);
          continue;
        }
        log.error('Cannot renew the lease of this server', error);
      }
      await clock.sleep(renewMs, signal);
    }
  }

  async renew(): Promise<void> {
    const { client, clock, hostname, durationSeconds } = this.#options;
    const resource = client.resource(leases);
    const renewTime = microTimestamp(clock.now());
    const spec = { holderIdentity: this.#holder, leaseDurationSeconds: durationSeconds, renewTime };
    const own = { ...labels, 'kubernetes.io/hostname': hostname };
    try {
      const current = await resource.get({ namespace, name: this.#lease });
      const metadata = { ...current.metadata, labels: { ...current.metadata.labels, ...own } };
      await resource.update({ ...current, metadata, spec: { ...current.spec, ...spec } });
    } catch (error) {
      // Another server on this machine was faster.
      if (isConflict(error)) return;
      if (!isNotFound(error)) throw error;
      await resource
        .create({ metadata: { namespace, name: this.#lease, labels: own }, spec })
        .catch((error: unknown) => {
          if (!isAlreadyExists(error)) throw error;
        });
    }
  }

  async collect(): Promise<void> {
    const { client, clock } = this.#options;
    const resource = client.resource(leases);
    const [[key, value] = []] = Object.entries(labels);
    const { items } = await resource.list({ namespace, labelSelector: `${key}=${value}` });
    for (const { metadata, spec } of items) {
      if (!hasExpired({ spec }, clock.now())) continue;
      const { uid, resourceVersion } = metadata;
      await resource
        .delete({ namespace, name: metadata.name }, { preconditions: { uid, resourceVersion } })
        .catch((error: unknown) => {
          if (!isNotFound(error) && !isConflict(error)) throw error;
        });
    }
  }
}
