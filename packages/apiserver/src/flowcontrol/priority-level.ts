import type { PriorityLevelConfigurationSpec } from '@typernetes/api/flowcontrol/v1';
import type { Clock } from '@typernetes/base';
import type { UserInfo } from '../identity/user-info.ts';
import type { RequestInfo } from '../request/request-info.ts';
import type { SeatBounds } from './concurrency-limits.ts';
import { RetryAdvice } from './retry-advice.ts';
import { type DemandStatistics, SeatDemand } from './seat-demand.ts';
import { dealHand } from './shuffle-sharding.ts';

/** Why a request is not served, under upstream's names. */
export type Refusal = 'queue-full' | 'concurrency-limit' | 'time-out' | 'cancelled';

interface LatestDemand extends DemandStatistics {
  readonly smoothed: number;
  readonly target: number;
}

/** The part of its nominal seats that a level with queues gives one list. */
const partOfOne = 0.15;

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
  readonly demand: SeatDemand;
  /** Of the last period, and what was made of it. */
  lately: LatestDemand = { highest: 0, average: 0, deviation: 0, smoothed: 0, target: 0 };
  spec: PriorityLevelConfigurationSpec | undefined;
  /** The most seats that one list may take; 0: the server's limit alone. */
  mostSeats = 0;
  readonly counts = { dispatched: 0, rejected: 0, timedOut: 0, cancelled: 0 };
  readonly retryAdvice = new RetryAdvice();
  queues: RequestQueue[] = [];
  #deckSize = 0;
  #handSize = 0;
  #queueLengthLimit = 0;
  #virtualTime = 0;
  #enqueued = 0;
  readonly #clock: Pick<Clock, 'monotonic'>;

  constructor(name: string, clock: Pick<Clock, 'monotonic'>) {
    this.name = name;
    this.#clock = clock;
    this.demand = new SeatDemand(clock.monotonic());
  }

  configure(spec: PriorityLevelConfigurationSpec, { uid, bounds }: { uid: string; bounds: SeatBounds }): void {
    this.uid = uid;
    this.spec = spec;
    this.exempt = spec.type === 'Exempt';
    this.quiescing = false;
    this.bounds = bounds;
    const queuing = spec.limited?.limitResponse?.type === 'Queue' ? spec.limited.limitResponse.queuing : undefined;
    const wanted = queuing ? (queuing.queues ?? 64) : 0;
    this.#handSize = queuing?.handSize ?? 8;
    this.#queueLengthLimit = queuing?.queueLengthLimit ?? 50;
    const { nominal } = bounds;
    if (queuing)
      this.mostSeats = Math.max(1, Math.min(Math.ceil(nominal * partOfOne), Math.floor(nominal / this.#handSize)));
    while (this.queues.length < wanted) this.queues.push(new RequestQueue());
    // Surplus queues are removed once they are empty: no hand includes them any more.
    while (this.queues.length > wanted && this.queues.at(-1)?.waiting.length === 0) this.queues.pop();
    this.#deckSize = wanted;
  }

  /** Takes seats at once if they are free and nobody waits for them. `now` is the monotonic time. */
  tryStart(width: number, now: number): boolean {
    if (!this.exempt && (this.waiting > 0 || !this.#fits(width))) return false;
    this.demand.change(width, now);
    this.#occupy(width);
    return true;
  }

  /** Puts a request into a queue of its flow's hand; returns the queue, or why it was refused. */
  enqueue(request: Waiting, hash: bigint): RequestQueue | Refusal {
    if (this.#deckSize === 0) return 'concurrency-limit';
    const hand = dealHand(hash, { deckSize: this.#deckSize, handSize: this.#handSize });
    // Not always from the same card, which would favour some queues of hands that overlap.
    const from = this.#enqueued++ % hand.length;
    let shortest: RequestQueue | undefined;
    for (let i = 0; i < hand.length; i++) {
      const queue = this.queues[hand[(from + i) % hand.length] as number];
      if (queue && (!shortest || queue.waitingSeats < shortest.waitingSeats)) shortest = queue;
    }
    if (!shortest || shortest.waiting.length >= this.#queueLengthLimit) return 'queue-full';
    // An idle queue earns no credit for that time.
    if (shortest.waiting.length === 0 && shortest.executing === 0)
      shortest.nextStart = Math.max(shortest.nextStart, this.#virtualTime);
    shortest.waiting.push(request);
    this.demand.change(request.width, this.#clock.monotonic());
    this.waiting++;
    this.waitingSeats += request.width;
    return shortest;
  }

  /** Takes a request out again; false when it is not waiting any more. */
  withdraw(request: Waiting, queue: RequestQueue): boolean {
    const at = queue.waiting.indexOf(request);
    if (at < 0) return false;
    queue.waiting.splice(at, 1);
    this.demand.change(-request.width, this.#clock.monotonic());
    this.waiting--;
    this.waitingSeats -= request.width;
    this.dispatch();
    return true;
  }

  /** Gives seats back at the monotonic time `now`. `queue` and `startedAt` are there for those who waited. */
  release(width: number, now: number, waited?: { readonly queue: RequestQueue; readonly startedAt: number }): void {
    this.executing--;
    this.seatsInUse -= width;
    this.demand.change(-width, now);
    if (waited) {
      const { queue, startedAt } = waited;
      queue.executing--;
      queue.seatsInUse -= width;
      queue.nextStart += width * ((now - startedAt) / 1000 - assumedSeconds);
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
