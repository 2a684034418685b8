import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { Clock } from '@typernetes/base';
import { CompactedError, type StoredObject, type StoreEvent, type WatchBatch } from '../store.ts';
import type { EtcdClient } from './etcd-client.ts';
import { isDelete, type KeyValue, numberOf, type WatchRequest, type WatchResponse } from './messages.ts';

/** Pauses between attempts to reach a member that can serve the watch. */
const retryPauseMs = 100;

/** Every key there is. */
const everything = Uint8Array.of(0);

/**
 * Follows all keys of an etcd, across failures of its members, without gap or repeat.
 *
 * It watches every key, not just the wanted prefix: each revision brings an event, so "everything up to revision N has
 * arrived" is known from the events alone. Asking for progress instead would not do: before 3.4.31 and 3.5.13 etcd may
 * answer before it has sent the events.
 */
export class EtcdWatch {
  readonly #client: EtcdClient;
  readonly #clock: Clock;
  readonly #newest: (() => Promise<number>) | undefined;
  /** Every event up to here was delivered. */
  #revision: number;
  /** The events of that very revision, as far as they were seen. */
  #last: readonly StoreEvent[] = [];
  /** Every event up to here was dealt with: the reader has asked for more. */
  #delivered: number;
  #broken = false;
  /** Nobody waits for it any more. */
  #isLeft = false;
  #waiting: { revision: number; resolve: () => void }[] = [];

  /**
   * `newest` requests the revision of the newest commit. With it the watch detects, when it reconnects to an etcd, that
   * the etcd was restored from older data meanwhile: its history is another one then, and the watch cannot continue.
   */
  constructor(client: EtcdClient, clock: Clock, { from, newest }: { from: number; newest?: () => Promise<number> }) {
    this.#client = client;
    this.#clock = clock;
    this.#newest = newest;
    this.#revision = from;
    this.#delivered = from;
  }

  /** Resolves once the reader has dealt with all events up to `revision`, or the stream is broken: nobody knows until when. */
  untilDelivered(revision: number): Promise<void> {
    if (this.#delivered >= revision || this.#broken || this.#isLeft) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ revision, resolve });
    });
  }

  /** Releases everybody who waits for a delivery, now and from now on. */
  leave(): void {
    this.#isLeft = true;
    this.#wake();
  }

  /** Batches of complete revisions until `signal` aborts. Throws CompactedError when the next ones are gone. */
  async *follow(signal: AbortSignal): AsyncGenerator<WatchBatch> {
    while (!signal.aborted) {
      const { stream, member } = this.#client.openWatch();
      const responses = new ResponseQueue(stream, signal);
      try {
        // One revision early: etcd may have dropped a deletion at the very revision it was compacted to.
        stream.write({
          createRequest: {
            key: everything,
            rangeEnd: everything,
            startRevision: Math.max(this.#revision, 1),
            prevKv: true,
          },
        });
        for (let response = await responses.next(); response; response = await responses.next()) {
          if (numberOf(response.compactRevision) > 0) throw new CompactedError(numberOf(response.compactRevision));
          if (response.canceled) break;
          if (response.created) {
            if (!(await this.#hasOurHistory(numberOf(response.header.revision)))) break;
            this.#broken = false;
          }
          const arrived = response.events.map(eventOf);
          this.#compare(arrived.filter(({ revision }) => revision === this.#revision));
          const events = arrived.filter(({ revision }) => revision > this.#revision);
          const last = events.at(-1);
          if (!last) continue;
          this.#revision = last.revision;
          this.#last = events.filter(({ revision }) => revision === last.revision);
          yield { revision: last.revision, events };
          this.#delivered = last.revision;
          this.#wake();
        }
      } finally {
        this.#broken = true;
        this.#wake();
        responses.end();
      }
      if (signal.aborted) return;
      this.#client.leave(member);
      await this.#clock.sleep(retryPauseMs, signal).catch(() => {});
    }
  }

  /**
   * A member may briefly lag behind the others; when all of them are behind us, they have lost what we have seen, and
   * CompactedError is thrown. False when the others cannot be reached: then the watch is retried.
   */
  async #hasOurHistory(memberRevision: number): Promise<boolean> {
    if (!this.#newest || memberRevision >= this.#revision) return true;
    const revision = await this.#newest().catch(() => undefined);
    if (revision !== undefined && revision < this.#revision) throw new CompactedError(revision);
    return revision !== undefined;
  }

  /** If etcd has caught up with us meanwhile, its first events differ from the last that we have seen. */
  #compare(again: readonly StoreEvent[]): void {
    const first = again[0];
    if (!this.#newest || !first || this.#last.length === 0) return;
    const isKnown = this.#last.some(
      ({ key, object }) => key === first.key && bytesOf(object).equals(bytesOf(first.object)),
    );
    if (!isKnown) throw new CompactedError(first.revision);
  }

  #wake(): void {
    if (this.#waiting.length === 0) return;
    const isDue = ({ revision }: { revision: number }): boolean =>
      this.#broken || this.#isLeft || revision <= this.#delivered;
    const due = this.#waiting.filter(isDue);
    this.#waiting = this.#waiting.filter((waiter) => !isDue(waiter));
    for (const { resolve } of due) resolve();
  }
}

/** The responses of a stream, to be awaited one by one; undefined when it broke, ended, or `signal` aborted. */
class ResponseQueue {
  readonly #stream: ClientDuplexStream<WatchRequest, WatchResponse>;
  readonly #signal: AbortSignal;
  readonly #responses: WatchResponse[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(stream: ClientDuplexStream<WatchRequest, WatchResponse>, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
    stream.on('data', (response: WatchResponse) => {
      this.#responses.push(response);
      this.#wake?.();
    });
    // The cause does not matter: the watch continues elsewhere or later.
    stream.on('error', this.#onEnd);
    stream.on('end', this.#onEnd);
    signal.addEventListener('abort', this.#onEnd, { once: true });
  }

  async next(): Promise<WatchResponse | undefined> {
    while (this.#responses.length === 0) {
      if (this.#ended || this.#signal.aborted) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    return this.#signal.aborted ? undefined : this.#responses.shift();
  }

  end(): void {
    this.#signal.removeEventListener('abort', this.#onEnd);
    this.#stream.cancel();
  }

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake?.();
  };
}

function eventOf(event: WatchResponse['events'][number]): StoreEvent {
  const { kv, prevKv } = event;
  const object = isDelete(event) ? undefined : objectOf(kv);
  return {
    type: object ? 'put' : 'delete',
    key: object?.key ?? keyOf(kv),
    revision: numberOf(kv.modRevision),
    object,
    previous: prevKv ? objectOf(prevKv) : undefined,
  };
}

export function objectOf(kv: KeyValue): StoredObject {
  return {
    key: keyOf(kv),
    value: kv.value,
    createRevision: numberOf(kv.createRevision),
    modRevision: numberOf(kv.modRevision),
  };
}

const bytesOf = (object: StoredObject | undefined): Buffer => Buffer.from(object?.value ?? []);

const decoder = new TextDecoder();
const keyOf = ({ key }: KeyValue): string => decoder.decode(key);
