import type { Pod } from '@typernetes/api/core/v1';
import { type Clock, isAbort, type Logger, messageOf } from '@typernetes/base';
import { decodeDocument } from '@typernetes/process';
import type { PodSink } from './pod-source.ts';
import { staticPod } from './static-pod.ts';

interface ManifestUrlOptions {
  readonly url: string;
  /** Sent with every request, each as often as it has values. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly nodeName: string;
  readonly checkMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Static pods from a URL: one pod, or a list of them. While the URL returns nothing usable, the pods stay as they are.
 */
export class ManifestUrl {
  readonly name = 'manifest-url';
  readonly #options: ManifestUrlOptions;
  readonly #sink: PodSink;
  readonly #firstRead = Promise.withResolvers<void>();
  #text: string | undefined;

  constructor(options: ManifestUrlOptions, sink: PodSink) {
    this.#options = options;
    this.#sink = sink;
  }

  /** Resolves once there has been a response. */
  get read(): Promise<void> {
    return this.#firstRead.promise;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, checkMs, log, url } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#fetch(signal);
      } catch (error) {
        if (isAbort(error, signal)) return;
        log.warn('Failed to read pods from URL', { url, error: messageOf(error) });
      }
      await clock.sleep(checkMs, signal).catch(() => {});
    }
  }

  async #fetch(signal: AbortSignal): Promise<void> {
    const { url, headers } = this.#options;
    const sent = new Headers();
    for (const [name, values] of Object.entries(headers)) for (const value of values) sent.append(name, value);
    const answer = await fetch(url, { headers: sent, signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${url}: ${answer.status} ${answer.statusText}`);
    if (text.trim() === '') throw new Error(`zero-length data received from ${url}`);
    if (text !== this.#text) this.#sink.set(podsOf(text, this.#options));
    this.#text = text;
    this.#firstRead.resolve();
  }
}

function podsOf(text: string, { nodeName, url, clock }: ManifestUrlOptions): readonly Pod[] {
  const document = decodeDocument(text, { lastWins: true }) as { kind?: string; items?: readonly object[] } | undefined;
  const texts = document?.kind === 'PodList' ? (document.items ?? []).map(asPod) : [text];
  return texts.map((one) => staticPod(one, { nodeName, path: url, now: clock.now(), source: 'http' }));
}

/** Items of lists may leave out what they are. */
const asPod = (item: object): string => JSON.stringify({ apiVersion: 'v1', kind: 'Pod', ...item });
