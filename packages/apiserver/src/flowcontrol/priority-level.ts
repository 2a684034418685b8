import type { PriorityLevelConfigurationSpec } from '@typernetes/api/flowcontrol/v1';
import type { Clock } from '@typernetes/base';
import type { UserInfo } from '../identity/user-info.ts';
import type { RequestInfo } from '../request/request-info.ts';
import type { SeatBounds } from './concurrency-limits.ts';
import { RetryAdvice } from './retry-advice.ts';
import { dealHand } from './shuffle-sharding.ts';

/** Why a request is not served, under upstream's names. */
export type Refusal = 'queue-full' | 'concurrency-limit' | 'time-out' | 'cancelled';

/** A request that waits. */
export interface Waiting {
  readonly width: number;
  readonly arrivedAt: number;
  readonly schema: string;
  readonly distinguisher: string;
  readonly about: { readonly info: RequestInfo; readonly user: UserInfo };
  start(): void;
}

/** The requests of some flows, in order of arrival. */
export class RequestQueue {
  readonly waiting: Waiting[] = [];
  executing = 0;
  seatsInUse = 0;
  /** The virtual time at which its next request is due. */
  nextStart = 0;

  get waitingSeats(): number {
    return this.waiting.reduce((total, { width }) => total + width, 0);
  }
}

/** The assumed duration of a request before it is known, in seconds. */
const assumedSeconds = 0.003;

/**
 * The seats of one priority level, and the queues of waiting requests. While seats are free nothing is queued and a
 * request costs two additions. Otherwise a flow's requests wait in the shortest queue of its hand, and queues take
 * turns by start-time fair queuing: a queue's turn comes the later, the more seat-seconds its requests have used.
 */
export class PriorityLevel {
  readonly name: string;
  uid = '';
  exempt = false;
  bounds: SeatBounds = { nominal: 0, min: 0, max: 0 };
  /** Seats that it may use now. */
  limit = 0;
  /** Its configuration is gone: it only finishes the requests it has. */
  quiescing = false;
  executing = 0;
  seatsInUse = 0;
  waiting = 0;
  waitingSeats = 0;
  /** The most seats in use and waited for since the last adjustment. */
  highestDemand = 0;
  smoothedDemand = 0;
  readonly counts = { dispatched: 0, rejected: 0, timedOut: 0, cancelled: 0 };
  readonly retryAdvice = new RetryAdvice();
  queues: RequestQueue[] = [];
  #deckSize = 0;
  #handSize = 0;
  #queueLengthLimit = 0;
  #virtualTime = 0;
  readonly #clock: Pick<Clock, 'monotonic'>;

  constructor(name: string, clock: Pick<Clock, 'monotonic'>) {
    this.name = name;
    this.#clock = clock;
  }

  configure(spec: PriorityLevelConfigurationSpec, { uid, bounds }: { uid: string; bounds: SeatBounds }): void {
    this.uid = uid;
    this.exempt = spec.type === 'Exempt';
    this.quiescing = false;
    if (bounds.nominal !== this.bounds.nominal || this.limit < bounds.min || this.limit > bounds.max)
      this.limit = bounds.nominal;
    this.bounds = bounds;
    const queuing = spec.limited?.limitResponse?.type === 'Queue' ? spec.limited.limitResponse.queuing : undefined;
    const wanted = queuing ? (queuing.queues ?? 64) : 0;
    this.#handSize = queuing?.handSize ?? 8;
    this.#queueLengthLimit = queuing?.queueLengthLimit ?? 50;
    while (this.queues.length < wanted) this.queues.push(new RequestQueue());
    // Surplus queues are removed once they are empty: no hand includes them any more.
    while (this.queues.length > wanted && this.queues.at(-1)?.waiting.length === 0) this.queues.pop();
    this.#deckSize = wanted;
    this.dispatch();
  }

  /** Takes seats at once if they are free and nobody waits for them. */
  tryStart(width: number): boolean {
    const demand = this.seatsInUse + this.waitingSeats + width;
    if (demand > this.highestDemand) this.highestDemand = demand;
    if (!this.exempt && (this.waiting > 0 || !this.#fits(width))) return false;
    this.#occupy(width);
    return true;
  }

  /** Puts a request into a queue of its flow's hand; returns the queue, or why it was refused. */
  enqueue(request: Waiting, hash: bigint): RequestQueue | Refusal {
    if (this.#deckSize === 0) return 'concurrency-limit';
    const hand = dealHand(hash, { deckSize: this.#deckSize, handSize: this.#handSize });
    let shortest: RequestQueue | undefined;
    for (const card of hand) {
      const queue = this.queues[card];
      if (queue && (!shortest || loadOf(queue) < loadOf(shortest))) shortest = queue;
    }
    if (!shortest || shortest.waiting.length >= this.#queueLengthLimit) return 'queue-full';
    // An idle queue earns no credit for that time.
    if (shortest.waiting.length === 0 && shortest.executing === 0)
      shortest.nextStart = Math.max(shortest.nextStart, this.#virtualTime);
    shortest.waiting.push(request);
    this.waiting++;
    this.waitingSeats += request.width;
    return shortest;
  }

  /** Takes a request out again; false when it is not waiting any more. */
  withdraw(request: Waiting, queue: RequestQueue): boolean {
    const at = queue.waiting.indexOf(request);
    if (at < 0) return false;
    queue.waiting.splice(at, 1);
    this.waiting--;
    this.waitingSeats -= request.width;
    this.dispatch();
    return true;
  }

  /** Gives seats back. `queue` and `startedAt` are there for those who waited. */
  release(width: number, waited?: { readonly queue: RequestQueue; readonly startedAt: number }): void {
    this.executing--;
    this.seatsInUse -= width;
    if (waited) {
      const { queue, startedAt } = waited;
      queue.executing--;
      queue.seatsInUse -= width;
      queue.nextStart += width * ((this.#clock.monotonic() - startedAt) / 1000 - assumedSeconds);
    }
    if (this.waiting > 0) this.dispatch();
  }

  /** Starts what waits, as far as there are seats. */
  dispatch(): void {
    while (this.waiting > 0) {
      const queue = this.#next();
      const [request] = queue?.waiting ?? [];
      if (!queue || !request || !(this.exempt || this.#fits(request.width))) return;
      queue.waiting.shift();
      this.waiting--;
      this.waitingSeats -= request.width;
      this.#virtualTime = Math.max(this.#virtualTime, queue.nextStart);
      queue.nextStart += request.width * assumedSeconds;
      queue.executing++;
      queue.seatsInUse += request.width;
      this.#occupy(request.width);
      request.start();
    }
  }

  #occupy(width: number): void {
    this.executing++;
    this.seatsInUse += width;
    this.counts.dispatched++;
  }

  /** A request that is wider than the level runs when it has the level for itself. */
  #fits(width: number): boolean {
    return this.seatsInUse + width <= this.limit || (this.seatsInUse === 0 && this.limit > 0);
  }

  #next(): RequestQueue | undefined {
    let first: RequestQueue | undefined;
    let due = Number.POSITIVE_INFINITY;
    for (const queue of this.queues) {
      const [head] = queue.waiting;
      if (!head) continue;
      const end = queue.nextStart + head.width * assumedSeconds;
      if (end < due) [first, due] = [queue, end];
    }
    return first;
  }
}

const loadOf = (queue: RequestQueue): number => queue.waitingSeats + queue.seatsInUse;
