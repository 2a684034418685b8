import { isAbort, messageOf, type Random } from '@typernetes/base';
import type { CertificateMetrics } from './certificate-metrics.ts';
import { type PairName, storeCurrent } from './certificate-store.ts';
import { covers, lifeOf, rotationTime } from './rotation-plan.ts';
import { type CertificateWish, requestCertificate, type SignedPair, type SigningDeps } from './signing.ts';

export interface CertificateRotatorDeps extends SigningDeps {
  readonly random: Random;
  readonly certDir: string;
  readonly wish: CertificateWish;
  /** The pair in use; undefined while there is none. */
  readonly current: SignedPair | undefined;
  readonly told?: CertificateMetrics;
  /** A new pair was signed and stored: use it from now on. */
  readonly onPair: (pair: SignedPair) => void;
}

const retryMs = { first: 2000, most: 5 * 60_000 };
/** Timers end after 24 days; and the clock may be set. */
const longestWaitMs = 3_600_000;

/** Replaces a certificate in good time, by one for a new key that the cluster signs. */
export class CertificateRotator {
  readonly name: string;
  readonly #deps: CertificateRotatorDeps;
  #current: SignedPair | undefined;

  constructor(deps: CertificateRotatorDeps) {
    this.#deps = deps;
    this.#current = deps.current;
    this.#tell();
    this.name = `${deps.wish.purpose}-certificate`;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    let waitMs = retryMs.first;
    let due = this.#due();
    while (!signal.aborted) {
      try {
        const left = due - clock.now();
        if (left > 0) {
          await clock.sleep(Math.min(left, longestWaitMs), signal);
          continue;
        }
        await this.#replace(signal);
        due = this.#due();
        waitMs = retryMs.first;
      } catch (error) {
        if (isAbort(error, signal)) return;
        this.#deps.told?.failed(this.#deps.wish.purpose);
        log.warn('Cannot replace certificate', { purpose: this.#deps.wish.purpose, error: messageOf(error) });
        await clock.sleep(waitMs, signal).catch(() => {});
        waitMs = Math.min(waitMs * 2, retryMs.most);
      }
    }
  }

  #tell(): void {
    this.#deps.told?.inUse(this.#deps.wish.purpose, lifeOf(this.#current?.certificate)?.notAfter);
  }

  /** 0 for at once. */
  #due(): number {
    const life = lifeOf(this.#current?.certificate);
    if (!life || !covers(life, this.#deps.wish)) return 0;
    return rotationTime(life, this.#deps.random.next());
  }

  async #replace(signal: AbortSignal): Promise<void> {
    const { wish, certDir, clock, log, onPair } = this.#deps;
    const pair = await requestCertificate(wish, { ...this.#deps, signal });
    const name: PairName = wish.purpose === 'client' ? 'kubelet-client' : 'kubelet-server';
    await storeCurrent(certDir, name, pair, clock);
    const before = lifeOf(this.#current?.certificate);
    if (before) this.#deps.told?.replaced(wish.purpose, (clock.now() - before.notBefore) / 1000);
    this.#current = pair;
    this.#tell();
    log.info('Replaced certificate', { purpose: wish.purpose });
    onPair(pair);
  }
}
