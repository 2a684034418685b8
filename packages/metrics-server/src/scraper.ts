import type { Node } from '@typernetes/api/core/v1';
import { type Clock, type Logger, messageOf, type Random, type Runnable } from '@typernetes/base';
import type { Lister, Transport } from '@typernetes/client';
import { readBody } from '@typernetes/client';
import { type KubeletAddressOptions, kubeletAddress } from './kubelet-address.ts';
import { type Reading, readResourceMetrics } from './reading.ts';
import type { UsageHistory } from './usage-history.ts';

export interface ScraperOptions {
  readonly nodes: Pick<Lister<Node>, 'list'>;
  readonly history: Pick<UsageHistory, 'replace'>;
  readonly resolutionMs: number;
  /** How long a kubelet may take, at most. */
  readonly requestTimeoutMs: number;
  readonly address: KubeletAddressOptions;
  /** The way to a kubelet at such an address. */
  readonly connect: (server: string) => Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Called after each kubelet that was asked. */
  readonly onAsked?: (asked: { readonly node: string; readonly ok: boolean; readonly seconds: number }) => void;
}

/** Many kubelets are not asked in the same moment: eight milliseconds for each, four seconds at most (upstream: scraper). */
const spreadMs = 8;
const mostSpreadMs = 4000;
/** Of each round, what is left for answers: the next one must find this one done. */
const answerShare = 0.9;

/** Asks every kubelet once in each span of the resolution what its node and pods use. */
export class Scraper implements Runnable {
  readonly name = 'scraper';
  readonly #options: ScraperOptions;
  readonly #ways = new Map<string, Transport>();
  /** Of the clock's monotonic time. */
  #lastRoundAt: number | undefined;

  constructor(options: ScraperOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { resolutionMs, clock } = this.#options;
    // Nothing can be told before the second round: it comes early.
    for (let spanMs = resolutionMs / 3; !signal.aborted; spanMs = resolutionMs) {
      const start = clock.monotonic();
      await this.#round(signal);
      this.#lastRoundAt = clock.monotonic();
      await clock.sleep(Math.max(spanMs - (clock.monotonic() - start), 0), signal).catch(() => {});
    }
    for (const way of this.#ways.values()) way.close();
  }

  /** Throws while the last round is longer ago than one and a half of them: asking hangs then. */
  checkTimely(): void {
    const { resolutionMs, clock } = this.#options;
    if (this.#lastRoundAt === undefined) return;
    const ms = clock.monotonic() - this.#lastRoundAt;
    if (ms > 1.5 * resolutionMs) throw new Error(`metrics were last collected ${Math.round(ms / 1000)} s ago`);
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { nodes, history } = this.#options;
    const all = nodes.list();
    const spread = Math.min(all.length * spreadMs, mostSpreadMs);
    const readings = await Promise.all(all.map((node) => this.#ask(node, spread, signal)));
    if (!signal.aborted) history.replace(new Map(readings.filter((reading) => reading !== undefined)));
    this.#forget(new Set(all.flatMap((node) => this.#serverOf(node) ?? [])));
  }

  async #ask(node: Node, spread: number, signal: AbortSignal): Promise<[string, Reading] | undefined> {
    const { resolutionMs, requestTimeoutMs, clock, random, log, onAsked } = this.#options;
    const { name } = node.metadata;
    const late = new AbortController();
    const limitMs = Math.min(spread + requestTimeoutMs, resolutionMs * answerShare);
    const inTime = clock.after(limitMs, () => late.abort(new Error(`no answer in ${limitMs / 1000} s`)));
    const asked = AbortSignal.any([signal, late.signal]);
    let start = clock.monotonic();
    const tell = (ok: boolean): void => onAsked?.({ node: name, ok, seconds: (clock.monotonic() - start) / 1000 });
    try {
      await clock.sleep(random.next() * spread, asked);
      start = clock.monotonic();
      const server = kubeletAddress(node, this.#options.address);
      const response = await this.#wayTo(server).request({ method: 'GET', path: '/metrics/resource', signal: asked });
      const text = Buffer.from(await readBody(response)).toString();
      if (response.status !== 200) throw new Error(`request failed, status: ${response.status}: ${text.slice(0, 200)}`);
      const reading = readResourceMetrics(text, clock.now());
      tell(true);
      return [name, reading];
    } catch (error) {
      if (signal.aborted) return undefined;
      tell(false);
      log.error('Failed to scrape node', { node: name, error: messageOf(error) });
      return undefined;
    } finally {
      inTime();
    }
  }

  #serverOf(node: Node): string | undefined {
    try {
      return kubeletAddress(node, this.#options.address);
    } catch {
      return undefined; // Said when it was asked.
    }
  }

  #wayTo(server: string): Transport {
    const way = this.#ways.get(server) ?? this.#options.connect(server);
    this.#ways.set(server, way);
    return way;
  }

  #forget(known: ReadonlySet<string>): void {
    for (const [server, way] of this.#ways) {
      if (known.has(server)) continue;
      way.close();
      this.#ways.delete(server);
    }
  }
}
