import { isAbort, messageOf, type Random } from '@typernetes/base';
import type { CertificateMetrics } from './certificate-metrics.ts';
import { type PairName, storeCurrent } from './certificate-store.ts';
import { covers, lifeOf, rotationTime } from './rotation-plan.ts';
import { type CertificateWish, requestCertificate, type SignedPair, type SigningDeps } from './signing.ts';

interface CertificateRotatorDeps extends SigningDeps {
  readonly random: Random;
  readonly certDir: string;
  readonly wish: CertificateWish;
  /** The pair in use; undefined while there is none. */
  readonly current: SignedPair | undefined;
  /** The pair in use was only given to the node to begin with: it is replaced at once, as upstream does with what a kubeconfig holds. */
  readonly isLent?: boolean;
  /** Credentials that someone has provided for a node whose certificate has expired; undefined without any. */
  readonly lend?: (signal: AbortSignal) => Promise<LentPair | undefined>;
  readonly metrics?: CertificateMetrics;
  /** A new pair was signed and stored: use it from now on. */
  readonly onPair: (pair: SignedPair) => void;
}

interface LentPair {
  readonly pair: SignedPair;
  readonly isLent: boolean;
}

const retryMs = { first: 2000, most: 5 * 60_000 };
/** The clock may be set. */
const longestWaitMs = 300_000;

/** Replaces a certificate before it expires: generates a new key and has the cluster sign a certificate for it. */
export class CertificateRotator {
  readonly name: string;
  readonly #deps: CertificateRotatorDeps;
  #current: SignedPair | undefined;
  #isLent: boolean;

  constructor(deps: CertificateRotatorDeps) {
    this.#deps = deps;
    this.#current = deps.current;
    this.#isLent = deps.isLent ?? false;
    this.#report();
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
        if (await this.#borrow(error, signal)) {
          due = this.#due();
          waitMs = retryMs.first;
          continue;
        }
        this.#deps.metrics?.failed(this.#deps.wish.purpose);
        log.warn('Cannot replace certificate', { purpose: this.#deps.wish.purpose, error: messageOf(error) });
        await clock.sleep(waitMs, signal).catch(() => {});
        waitMs = Math.min(waitMs * 2, retryMs.most);
      }
    }
  }

  #report(): void {
    this.#deps.metrics?.inUse(this.#deps.wish.purpose, lifeOf(this.#current?.certificate)?.notAfter);
  }

  /** 0 for at once. */
  #due(): number {
    const life = lifeOf(this.#current?.certificate);
    if (!life || this.#isLent || !covers(life, this.#deps.wish)) return 0;
    return rotationTime(life, this.#deps.random.next());
  }

  async #replace(signal: AbortSignal): Promise<void> {
    const { wish, certDir, clock, log } = this.#deps;
    const pair = await requestCertificate(wish, { ...this.#deps, signal });
    const name: PairName = wish.purpose === 'client' ? 'kubelet-client' : 'kubelet-server';
    await storeCurrent(certDir, name, pair, clock);
    const before = lifeOf(this.#current?.certificate);
    if (before) this.#deps.metrics?.replaced(wish.purpose, (clock.now() - before.notBefore) / 1000);
    this.#isLent = false;
    this.#use(pair);
    log.info('Replaced certificate', { purpose: wish.purpose });
  }

  #use(pair: SignedPair): void {
    this.#current = pair;
    this.#report();
    this.#deps.onPair(pair);
  }

  /** An expired certificate cannot be used to request another one: only new credentials let the node continue. */
  async #borrow(refusal: unknown, signal: AbortSignal): Promise<boolean> {
    const { clock, lend, log, wish } = this.#deps;
    const until = (pair: SignedPair | undefined): number => lifeOf(pair?.certificate)?.notAfter ?? 0;
    if (!lend || !this.#current || until(this.#current) > clock.now()) return false;
    log.error('Certificate has expired, looking for new credentials', refusal, { purpose: wish.purpose });
    try {
      const lent = await lend(signal);
      if (!lent || until(lent.pair) <= clock.now()) return false;
      this.#isLent = lent.isLent;
      this.#use(lent.pair);
      return true;
    } catch (error) {
      if (isAbort(error, signal)) throw error;
      log.warn('Cannot take new credentials', { purpose: wish.purpose, error: messageOf(error) });
      return false;
    }
  }
}
