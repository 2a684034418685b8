import { type Lease, leases } from '@typernetes/api/coordination/v1';
import { type Clock, jitter, type Logger, microTimestamp, type Random } from '@typernetes/base';
import { ifFound, isConflict } from '@typernetes/machinery';
import { BackOff } from './back-off.ts';
import type { EventRecorder } from './events.ts';
import type { ApiClient } from './resource-client.ts';

export interface LeaderElectionOptions {
  readonly client: Pick<ApiClient, 'resource'>;
  /** The Lease that the candidates compete for. */
  readonly lease: { readonly namespace: string; readonly name: string };
  /** Ours, unique among the candidates: `<host>_<uuid>`. */
  readonly identity: string;
  readonly leaseDurationMs?: number;
  /** Leadership is given up when renewing has failed for this long. Must be shorter than the lease's duration. */
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Reports the new leader, as an event of the Lease. */
  readonly events?: EventRecorder;
  /** Called when this process becomes the leader. */
  readonly onElected?: () => void;
  /** Called when this process is no longer the leader. */
  readonly onDeposed?: () => void;
}

/** Someone else leads now; whatever ran as leader has been stopped. */
export class LeadershipLostError extends Error {
  override readonly name = 'LeadershipLostError';
}

/**
 * Waits until it holds the lease, then runs `lead` and renews. Settles after `lead` has: quietly when `signal` aborts (the
 * lease is released, so that the next candidate need not wait for it to expire), with a LeadershipLostError when renewing failed.
 */
export async function runAsLeader(
  options: LeaderElectionOptions,
  lead: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, log, retryPeriodMs = 2000, renewDeadlineMs = 10_000 } = options;
  const candidate = new Candidate(options);
  // Retry a server that is just starting soon; look at a lease held by another one less often.
  const backOff = new BackOff({ firstMs: 50, maxMs: retryPeriodMs, random });
  for (;;) {
    const outcome = await candidate.tryAcquire(signal);
    if (outcome === 'held') break;
    const pauseMs = outcome === 'failed' ? backOff.next() : jitter(retryPeriodMs, 1.2, random);
    if (!(await slept(clock, pauseMs, signal))) return;
  }

  log.info('Became leader', { lease: options.lease.name, identity: options.identity });
  if (options.events) candidate.tell(options.events);
  options.onElected?.();
  const lost = new AbortController();
  const scope = AbortSignal.any([signal, lost.signal]);
  const renewing = renew();
  try {
    await lead(scope);
  } finally {
    const wasLost = lost.signal.aborted;
    options.onDeposed?.();
    lost.abort();
    await renewing;
    if (!wasLost) await candidate.release();
  }
  if (!signal.aborted && scope.aborted && candidate.lost) throw new LeadershipLostError('leaderelection lost');

  async function renew(): Promise<void> {
    let renewedAt = clock.monotonic();
    while (await slept(clock, retryPeriodMs, scope)) {
      if ((await attemptBefore(renewedAt + renewDeadlineMs)) === 'held') renewedAt = clock.monotonic();
      else if (!scope.aborted && (candidate.lost || clock.monotonic() - renewedAt >= renewDeadlineMs)) {
        candidate.lost = true;
        lost.abort(new LeadershipLostError('leaderelection lost'));
      }
    }
  }

  /** A server that does not answer at all must not make us believe in a lease that has long expired. */
  async function attemptBefore(deadline: number): Promise<'held' | 'taken' | 'failed'> {
    const late = new AbortController();
    const cancel = clock.after(Math.max(0, deadline - clock.monotonic()), () =>
      late.abort(new Error('renew deadline')),
    );
    try {
      return await candidate.tryAcquire(AbortSignal.any([scope, late.signal]));
    } finally {
      cancel();
    }
  }
}

/** Sleeps; false when the signal aborted meanwhile. */
async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

class Candidate {
  lost = false;
  readonly #options: LeaderElectionOptions;
  #held: Lease | undefined;
  /** The lease as last seen and when, by our own clock: other machines' clocks are never compared with ours. */
  #seen: { readonly text: string; readonly at: number } | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
  }

  /** One attempt to take or renew the lease. */
  async tryAcquire(signal: AbortSignal): Promise<'held' | 'taken' | 'failed'> {
    try {
      return (await this.#attempt(signal)) ? 'held' : 'taken';
    } catch (error) {
      if (!signal.aborted && !isConflict(error))
        this.#options.log.warn('Cannot take or renew lease', { cause: String(error) });
      return 'failed';
    }
  }

  /** In upstream's words (client-go's resourcelock). */
  tell(events: EventRecorder): void {
    if (!this.#held) return;
    const target = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: this.#held.metadata };
    events.event(target, 'Normal', 'LeaderElection', `${this.#options.identity} became leader`);
  }

  /** Leaves the lease without a holder. A failure costs the next leader some seconds, no more. */
  async release(): Promise<void> {
    if (!this.#held) return;
    const now = microTimestamp(this.#options.clock.now());
    const spec = { ...this.#held.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now };
    try {
      await this.#leases.update({ ...this.#held, spec }, { signal: AbortSignal.timeout(1000) });
    } catch (error) {
      this.#options.log.debug('Cannot release lease', { cause: String(error) });
    }
    this.#held = undefined;
  }

  get #leases() {
    return this.#options.client.resource(leases);
  }

  async #attempt(signal: AbortSignal): Promise<boolean> {
    const { clock, identity, lease, leaseDurationMs = 15_000 } = this.#options;
    const now = microTimestamp(clock.now());
    const wanted = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.trunc(leaseDurationMs / 1000)),
      renewTime: now,
    };
    const current = await this.#read(signal);
    if (!current) {
      const spec = { ...wanted, acquireTime: now, leaseTransitions: 0 };
      this.#held = await this.#leases.create({ metadata: lease, spec }, { signal });
      return true;
    }
    const { holderIdentity = '', leaseTransitions = 0 } = current.spec;
    const ours = holderIdentity === identity;
    if (!ours && holderIdentity !== '' && !this.#isExpired(current)) {
      this.lost = this.#held !== undefined;
      return false;
    }
    const spec = ours
      ? { ...current.spec, ...wanted }
      : { ...current.spec, ...wanted, acquireTime: now, leaseTransitions: leaseTransitions + 1 };
    this.#held = await this.#leases.update({ ...current, spec }, { signal });
    return true;
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    return ifFound(this.#leases.get(this.#options.lease, { signal }));
  }

  #isExpired({ spec }: Lease): boolean {
    const text = JSON.stringify(spec);
    const at = this.#options.clock.monotonic();
    if (this.#seen?.text !== text) this.#seen = { text, at };
    const durationMs = (spec.leaseDurationSeconds ?? 15) * 1000;
    return at - this.#seen.at >= durationMs;
  }
}
