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
  /** The time limit of a request to a kubelet. */
  readonly requestTimeoutMs: number;
  readonly address: KubeletAddressOptions;
  /** Makes the transport to a kubelet's URL. */
  readonly connect: (server: string) => Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Called after each scraped kubelet. */
  readonly onAsked?: (asked: { readonly node: string; readonly ok: boolean; readonly seconds: number }) => void;
}

/** Spreads the requests: eight milliseconds per kubelet, at most four seconds (upstream: scraper). */
const spreadMs = 8;
const mostSpreadMs = 4000;
/** The share of a round in which responses count; the rest ensures that it is done before the next. */
const answerShare = 0.9;

/** Scrapes every kubelet once per resolution for the usage of its node and pods. */
export class Scraper implements Runnable {
  readonly name = 'scraper';
  readonly #options: ScraperOptions;
  readonly #ways = new Map<string, Transport>();
  /** On the monotonic clock. */
  #lastRoundAt: number | undefined;

  constructor(options: ScraperOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { resolutionMs, clock } = this.#options;
    // Usage is known only after the second round, so that one comes early.
    for (let spanMs = resolutionMs / 3; !signal.aborted; spanMs = resolutionMs) {
      const start = clock.monotonic();
      await this.#round(signal);
      this.#lastRoundAt = clock.monotonic();
      await clock.sleep(Math.max(spanMs - (clock.monotonic() - start), 0), signal).catch(() => {});
    }
    for (const way of this.#ways.values()) way.close();
  }

  /** Throws if the last round began more than one and a half rounds ago, which means that scraping hangs. */
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
    const report = (ok: boolean): void => onAsked?.({ node: name, ok, seconds: (clock.monotonic() - start) / 1000 });
    try {
      await clock.sleep(random.next() * spread, asked);
      start = clock.monotonic();
      const server = kubeletAddress(node, this.#options.address);
      const response = await this.#wayTo(server).request({ method: 'GET', path: '/metrics/resource', signal: asked });
      const text = Buffer.from(await readBody(response)).toString();
      if (response.status !== 200) throw new Error(`request failed, status: ${response.status}: ${text.slice(0, 200)}`);
      const reading = readResourceMetrics(text, clock.now());
      report(true);
      return [name, reading];
    } catch (error) {
      if (signal.aborted) return undefined;
      report(false);
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
      return undefined; // Logged when it was scraped.
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
