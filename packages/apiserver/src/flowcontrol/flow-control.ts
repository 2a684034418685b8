import {
  type FlowSchema,
  flowschemas,
  type PriorityLevelConfiguration,
  prioritylevelconfigurations,
} from '@typernetes/api/flowcontrol/v1';
import type { Clock, Runnable } from '@typernetes/base';
import type { Informers } from '@typernetes/client';
import type { UserInfo } from '../identity/user-info.ts';
import { timeLimitOf } from '../request/deadline.ts';
import type { RequestInfo } from '../request/request-info.ts';
import { dividedSeats, seatBounds, smoothedDemand } from './concurrency-limits.ts';
import { mandatoryLevels, mandatorySchemas } from './default-objects.ts';
import type { FlowMetrics } from './flow-metrics.ts';
import { type Matcher, matcherOf } from './matching.ts';
import { PriorityLevel, type Refusal, type RequestQueue, type Waiting } from './priority-level.ts';
import { type CollectionSize, requestWidth } from './request-width.ts';
import { flowHash } from './shuffle-sharding.ts';

/** The response headers that name the schema and level of the request. */
interface FlowHeaders {
  readonly 'x-kubernetes-pf-flowschema-uid': string;
  readonly 'x-kubernetes-pf-prioritylevel-uid': string;
}

/** Whether a request was admitted, and what goes with that. */
export interface Admittance {
  /** Undefined: it may go on, and `leave` is called once when it is answered. */
  readonly refusal?: Refusal;
  /** If it was refused: when to retry. Undefined: after a second. */
  readonly retryAfterSeconds?: number;
  /** For the response, in either case; undefined if requests are not classified. */
  readonly headers: FlowHeaders | undefined;
  leave(): void;
}

interface FlowRequest {
  readonly info: RequestInfo;
  readonly user: UserInfo;
  readonly query: URLSearchParams;
  /** Its signal is created on demand, by the few requests that wait. */
  readonly received: { readonly signal: AbortSignal };
}

/** Admits requests; the returned promise of a request that has to wait resolves when it may proceed. */
export interface FlowControl {
  enter(request: FlowRequest): Admittance | Promise<Admittance>;
}

/** A flow schema, prepared for matching. */
interface Flow {
  readonly name: string;
  readonly matches: Matcher;
  readonly level: PriorityLevel;
  readonly by: string;
  readonly headers: FlowHeaders;
}

interface FlowControlOptions {
  readonly serverSeats: number;
  /** How much there is of the request's resource. */
  readonly sizeOf: (info: RequestInfo) => CollectionSize;
  /** Whether the bytes of a list decide on its seats, or else the number of its objects (SizeBasedListCostEstimate). */
  readonly bySize: boolean;
  /** How long a request may take, in milliseconds; default: 60,000. */
  readonly requestTimeoutMs?: number | undefined;
  readonly clock: Clock;
  readonly metrics: FlowMetrics;
}

const adjustmentMs = 10_000;
/** The longest that a request waits, however much time it has. */
const longestWaitMs = 60_000;

/**
 * Priority and fairness: the first matching flow schema assigns a request its priority level, whose seats limit how
 * many are served at once. Follows its configuration objects in the server's own caches and re-reads them before the
 * first request after a change.
 */
export class PriorityAndFairness implements FlowControl {
  readonly #schemas: { list(): readonly FlowSchema[] };
  readonly #configurations: { list(): readonly PriorityLevelConfiguration[] };
  readonly #clock: Clock;
  readonly #metrics: FlowMetrics;
  readonly #serverSeats: number;
  readonly #options: FlowControlOptions;
  #flows: readonly Flow[] = [];
  #levels = new Map<string, PriorityLevel>();
  #isStale = true;

  constructor(informers: Pick<Informers, 'for'>, options: FlowControlOptions) {
    const { serverSeats, clock, metrics } = options;
    this.#options = options;
    const [schemas, configurations] = [informers.for(flowschemas), informers.for(prioritylevelconfigurations)];
    this.#schemas = schemas.lister;
    this.#configurations = configurations.lister;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#serverSeats = serverSeats;
    const stale = (): void => {
      this.#isStale = true;
    };
    for (const informer of [schemas, configurations])
      informer.onEvent({ added: stale, updated: stale, deleted: stale });
    metrics.collectFrom(() => this.levels);
  }

  get levels(): readonly PriorityLevel[] {
    if (this.#isStale) this.#configure();
    return [...this.#levels.values()];
  }

  /** Lends idle seats to levels that lack them, every ten seconds. */
  get adjustment(): Runnable {
    return {
      name: 'priority and fairness',
      run: async (signal) => {
        for (;;) {
          await this.#clock.sleep(adjustmentMs, signal);
          this.adjust();
        }
      },
    };
  }

  enter(request: FlowRequest): Admittance | Promise<Admittance> {
    if (this.#isStale) this.#configure();
    const flow = this.#flowOf(request.info, request.user);
    const { level } = flow;
    const { sizeOf, bySize } = this.#options;
    const width = requestWidth(request.info, request.query, { sizeOf, bySize, most: level.mostSeats });
    const now = this.#clock.monotonic();
    return level.tryStart(width, now)
      ? this.#started(flow, { width, startedAt: now, isWatch: request.info.verb === 'watch' })
      : this.#wait(flow, width, request);
  }

  #flowOf(info: RequestInfo, user: UserInfo): Flow {
    for (const flow of this.#flows) if (flow.matches(info, user)) return flow;
    // A user may be in neither of these groups; the catch-all schema takes whatever is left.
    return this.#flows.at(-1) as Flow;
  }

  #started(
    flow: Flow,
    { width, startedAt, isWatch }: { width: number; startedAt: number; isWatch: boolean },
  ): Admittance {
    this.#metrics.started(flow, { width });
    return {
      headers: flow.headers,
      leave: () => {
        const now = this.#clock.monotonic();
        flow.level.release(width, now);
        this.#metrics.ended(flow, { width, isWatch, tookMs: now - startedAt });
      },
    };
  }

  #wait(flow: Flow, width: number, request: FlowRequest): Admittance | Promise<Admittance> {
    const { info, user, query } = request;
    const { signal } = request.received;
    const { level } = flow;
    // The rest of its time is for serving it.
    const patienceMs = Math.min(timeLimitOf(query, this.#options.requestTimeoutMs) / 4, longestWaitMs);
    const distinguisher = flow.by === 'ByUser' ? user.username : flow.by === 'ByNamespace' ? info.namespace : '';
    const arrivedAt = this.#clock.now();
    const refused = (refusal: Refusal): Admittance => {
      if (refusal === 'time-out') level.counts.timedOut++;
      else if (refusal === 'cancelled') level.counts.cancelled++;
      else level.counts.rejected++;
      this.#metrics.refused(flow, refusal, place && { width, ms: this.#clock.monotonic() - waitedFrom });
      level.retryAdvice.refused(this.#clock.now());
      return { refusal, retryAfterSeconds: level.retryAdvice.seconds, headers: flow.headers, leave: () => {} };
    };
    const waitedFrom = this.#clock.monotonic();
    const turn = Promise.withResolvers<Admittance>();
    let place: RequestQueue | undefined;
    const waiting: Waiting = {
      width,
      arrivedAt,
      schema: flow.name,
      distinguisher,
      about: { info, user },
      start: () => {
        settle();
        const startedAt = this.#clock.monotonic();
        this.#metrics.started(flow, { width, waitedMs: startedAt - waitedFrom });
        turn.resolve({
          headers: flow.headers,
          leave: () => {
            const now = this.#clock.monotonic();
            level.release(width, now, place && { queue: place, startedAt });
            this.#metrics.ended(flow, { width, isWatch: info.verb === 'watch', tookMs: now - startedAt });
          },
        });
      },
    };
    const giveUp = (why: Refusal): void => {
      settle();
      if (place && level.withdraw(waiting, place)) turn.resolve(refused(why));
    };
    const onAbort = (): void => giveUp('cancelled');
    const cancelTimer = this.#clock.after(patienceMs, () => giveUp('time-out'));
    const settle = (): void => {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
    };
    const queued = level.enqueue(waiting, flowHash(flow.name, distinguisher));
    if (typeof queued === 'string') {
      settle();
      return refused(queued);
    }
    place = queued;
    signal.addEventListener('abort', onAbort, { once: true });
    this.#metrics.queued(flow, { width, length: queued.waiting.length });
    level.dispatch();
    return turn.promise;
  }

  adjust(): void {
    this.#divide(this.levels);
  }

  #divide(levels: readonly PriorityLevel[]): void {
    const now = this.#clock.monotonic();
    const demands = levels.map((level) => {
      const taken = level.demand.take(now);
      const smoothed = taken ? smoothedDemand(level.lately.smoothed, taken) : level.lately.smoothed;
      level.lately = { ...level.lately, ...taken, smoothed };
      return { ...level.bounds, highest: level.lately.highest, smoothed };
    });
    const total = levels.reduce((sum, { bounds }) => sum + bounds.nominal, 0);
    const { seats, targets, fairPart } = dividedSeats(demands, total);
    levels.forEach((level, i) => {
      level.limit = seats[i] ?? level.limit;
      level.lately = { ...level.lately, target: targets[i] ?? 0 };
      level.dispatch();
    });
    this.#metrics.divided(fairPart);
  }

  #configure(): void {
    this.#isStale = false;
    const configurations = withMandatory(this.#configurations.list(), mandatoryLevels as PriorityLevelConfiguration[]);
    const names = new Set(configurations.map(({ metadata }) => metadata.name));
    // Those that are gone keep their share until their last requests are.
    const ending = [...this.#levels.values()].filter(
      ({ name, executing, waiting }) => !names.has(name) && executing + waiting > 0,
    );
    const bounds = seatBounds(
      [...configurations, ...ending].flatMap(({ spec }) => (spec ? [spec] : [])),
      this.#serverSeats,
    );
    const levels = new Map<string, PriorityLevel>();
    configurations.forEach(({ metadata, spec }, i) => {
      const { name, uid = '' } = metadata;
      const level = this.#levels.get(name) ?? new PriorityLevel(name, this.#clock);
      level.configure(spec, { uid, bounds: bounds[i] as (typeof bounds)[number] });
      levels.set(name, level);
    });
    ending.forEach((level, i) => {
      level.quiescing = true;
      level.bounds = bounds[configurations.length + i] ?? level.bounds;
      levels.set(level.name, level);
    });
    this.#levels = levels;
    this.#divide([...levels.values()]);
    this.#flows = withMandatory(this.#schemas.list(), mandatorySchemas as FlowSchema[])
      .sort((a, b) => precedenceOf(a) - precedenceOf(b) || (a.metadata.name < b.metadata.name ? -1 : 1))
      .flatMap((schema) => flowOf(schema, levels));
  }
}

const precedenceOf = ({ spec }: FlowSchema): number => spec.matchingPrecedence ?? 1000;

/** A schema that leads nowhere is passed over. */
function flowOf(schema: FlowSchema, levels: ReadonlyMap<string, PriorityLevel>): Flow[] {
  const { metadata, spec } = schema;
  const level = levels.get(spec.priorityLevelConfiguration.name);
  if (!level || level.quiescing) return [];
  return [
    {
      name: metadata.name,
      matches: matcherOf(schema),
      level,
      by: spec.distinguisherMethod?.type ?? '',
      headers: {
        'x-kubernetes-pf-flowschema-uid': metadata.uid ?? '',
        'x-kubernetes-pf-prioritylevel-uid': level.uid,
      },
    },
  ];
}

/** The stored objects, with the mandatory ones in their required form: only their metadata comes from the store. */
function withMandatory<T extends { metadata: { name: string; uid: string }; spec: object }>(
  stored: readonly T[],
  mandatory: readonly T[],
): T[] {
  const fixed = mandatory.map((one) => {
    const found = stored.find(({ metadata }) => metadata.name === one.metadata.name);
    return found ? { ...found, spec: { ...one.spec, ...ownExempt(found.spec) } } : one;
  });
  const names = new Set(fixed.map(({ metadata }) => metadata.name));
  return [...stored.filter(({ metadata }) => !names.has(metadata.name)), ...fixed];
}

/** The part of a mandatory object that administrators may change. */
function ownExempt(spec: object): object {
  return 'exempt' in spec && spec.exempt ? { exempt: spec.exempt } : {};
}
